"""The triggers that keep a run's tallies, as operations of a migration.

They count whatever any statement changes, in its own transaction, so that no code can forget to. A writer takes the
first lane of the run that nobody holds until it commits: writers wait for each other only beyond sixteen of them.
"""

from __future__ import annotations

from typing import Any

from django.db.migrations.operations.base import Operation

LANES = 16
KEY = ("subject", "role", "cohort", "evaluator", "code")
SUMS = (
    "count", "missing", "faulted", "unpriced", "reused", "value_sum", "cost_usd", "unconfirmed_usd", "worst_usd",
)  # fmt: skip

# Advisory locks end with the transaction; whoever holds a lane gets it again.
LANE = f"""CREATE FUNCTION evals_lane(run uuid) RETURNS smallint LANGUAGE plpgsql VOLATILE AS $$
    BEGIN
        FOR lane IN 0..{LANES - 2} LOOP
            IF pg_try_advisory_xact_lock(hashtextextended('evals.lane:' || run, lane)) THEN RETURN lane; END IF;
        END LOOP;
        PERFORM pg_advisory_xact_lock(hashtextextended('evals.lane:' || run, {LANES - 1}));
        RETURN {LANES - 1};
    END $$"""

COLUMNS = {
    "evals_attempt": "organization_id, run_id, role, evaluator, outcome, ended_at, cost_usd, unconfirmed_usd, "
    "worst_usd",
    "evals_generation": "id, organization_id, run_id, example_id, role, fault, cost_usd, reused_from",
    "evals_score": "organization_id, generation_id, evaluator, value, reason, judge_cost_usd",
    "evals_likelihood": "organization_id, generation_id, reason, cost_usd, reused_from",
}
FIRST = ("evals_attempt", "evals_generation", "evals_score")

CALLS = """SELECT organization_id, run_id, 'call', role, '', evaluator, outcome, sum(sign), 0, 0, 0, 0, 0,
        sum(sign * coalesce(cost_usd, 0)), sum(sign * coalesce(unconfirmed_usd, 0)),
        coalesce(sum(sign * coalesce(worst_usd, 0)) FILTER (WHERE ended_at IS NULL), 0)
    FROM ({rows}) AS a GROUP BY organization_id, run_id, role, evaluator, outcome"""
ANSWERS = """SELECT g.organization_id, g.run_id, 'answer', g.role, c.name, '', g.fault, sum(sign), 0, 0,
        coalesce(sum(sign) FILTER (WHERE g.cost_usd IS NULL AND g.fault = ''), 0),
        coalesce(sum(sign) FILTER (WHERE g.reused_from IS NOT NULL), 0), 0,
        sum(sign * coalesce(g.cost_usd, 0)), 0, 0
    FROM ({rows}) AS g, {cohort} GROUP BY g.organization_id, g.run_id, g.role, c.name, g.fault"""
SCORES = """SELECT g.organization_id, g.run_id, 'score', g.role, c.name, s.evaluator, s.reason, sum(sign),
        coalesce(sum(sign) FILTER (WHERE s.value IS NULL), 0),
        coalesce(sum(sign) FILTER (WHERE s.value IS NULL AND g.fault <> ''), 0), 0, 0,
        coalesce(sum(sign * round(s.value::numeric, 9)), 0), sum(sign * coalesce(s.judge_cost_usd, 0)), 0, 0
    FROM {source}, {cohort} GROUP BY g.organization_id, g.run_id, g.role, c.name, s.evaluator, s.reason"""
# What is measured of an answer of the teacher is the student's work.
MEASUREMENTS = """SELECT g.organization_id, g.run_id, 'measured', 'student', c.name, '', s.reason, sum(sign),
        coalesce(sum(sign) FILTER (WHERE s.reason <> ''), 0), 0,
        coalesce(sum(sign) FILTER (WHERE s.cost_usd IS NULL AND s.reason = ''), 0),
        coalesce(sum(sign) FILTER (WHERE s.reused_from IS NOT NULL), 0), 0,
        sum(sign * coalesce(s.cost_usd, 0)), 0, 0
    FROM {source}, {cohort} GROUP BY g.organization_id, g.run_id, c.name, s.reason"""
# Each row looks up its own by a unique key. Triggers' plans are kept while a session lasts, so one that was made while
# the tables were empty must do as well once they are large: OFFSET 0 keeps the planner from another order.
COHORT = """LATERAL (SELECT c.name FROM datasets_example e, LATERAL (SELECT name FROM datasets_cohort
        WHERE organization_id = g.organization_id AND id = e.cohort_id OFFSET 0) c
    WHERE e.organization_id = g.organization_id AND e.id = g.example_id OFFSET 0) c"""
SCORED = """({rows}) AS s, LATERAL (SELECT organization_id, run_id, example_id, role, fault FROM evals_generation
    WHERE organization_id = s.organization_id AND id = s.generation_id OFFSET 0) g"""
# An answer that is changed takes its scores from one tally to another.
RESCORED = "({rows}) AS g JOIN evals_score s ON s.generation_id = g.id"
PLANNED = """SELECT b.organization_id, b.run_id, 'planned', '', c.name, '', '', count(*), 0, 0, 0, 0, 0, 0, 0, 0
    FROM evals_batch b, jsonb_array_elements_text(b.example_ids) AS one,
        LATERAL (SELECT cohort_id FROM datasets_example
            WHERE organization_id = b.organization_id AND id = one::uuid OFFSET 0) e,
        LATERAL (SELECT name FROM datasets_cohort
            WHERE organization_id = b.organization_id AND id = e.cohort_id OFFSET 0) c
    WHERE b.stage = 'answering'{which} GROUP BY b.organization_id, b.run_id, c.name"""

# Rates of late are read between two marks, ten to twenty seconds apart while work goes on.
PULSE = """INSERT INTO evals_pulse AS kept (id, organization_id, created_at, run_id, lane, answered, latest_at, marked,
        marked_at, earlier, earlier_at)
    SELECT gen_random_uuid(), organization_id, now, run_id, evals_lane(run_id), answers, now, answers, now, answers, now
    FROM (SELECT organization_id, run_id, count(*) AS answers, clock_timestamp() AS now FROM added
          GROUP BY organization_id, run_id) AS counted
    ON CONFLICT (run_id, lane) DO UPDATE SET answered = kept.answered + excluded.answered,
        latest_at = excluded.latest_at,
        earlier = CASE WHEN kept.marked_at < excluded.latest_at - interval '10 s' THEN kept.marked
            ELSE kept.earlier END,
        earlier_at = CASE WHEN kept.marked_at < excluded.latest_at - interval '10 s' THEN kept.marked_at
            ELSE kept.earlier_at END,
        marked = CASE WHEN kept.marked_at < excluded.latest_at - interval '10 s'
            THEN kept.answered + excluded.answered ELSE kept.marked END,
        marked_at = CASE WHEN kept.marked_at < excluded.latest_at - interval '10 s' THEN excluded.latest_at
            ELSE kept.marked_at END"""


ADD = """WITH counted ({columns}) AS MATERIALIZED ({counted}),
        lanes AS MATERIALIZED (SELECT run_id, evals_lane(run_id) AS lane FROM (SELECT DISTINCT run_id FROM counted) r)
    INSERT INTO evals_tally AS kept (id, created_at, lane, {columns})
    SELECT gen_random_uuid(), clock_timestamp(), lane, {columns} FROM counted JOIN lanes USING (run_id)
    WHERE {anything}
    ON CONFLICT (run_id, lane, {key}) DO UPDATE SET {sums}"""
FORGET = "DELETE FROM evals_tally WHERE subject = '{subject}'"
ALL = "SELECT 1 AS sign, {columns} FROM {table}"


def adding(counted: str) -> str:
    """The statement that adds what ``counted`` selects to the tallies of this writer's lane."""
    return ADD.format(
        columns=", ".join(("organization_id", "run_id", *KEY, *SUMS)),
        counted=counted,
        anything=" OR ".join(f"{name} <> 0" for name in SUMS),
        key=", ".join(KEY),
        sums=", ".join(f"{name} = kept.{name} + excluded.{name}" for name in SUMS),
    )


class KeepTallies(Operation):
    """Lanes, triggers on attempts, generations and scores; and the tallies of the rows that are there already."""

    reversible = True
    reduces_to_sql = True
    tables: tuple[str, ...] = FIRST

    def state_forwards(self, app_label: str, state: Any) -> None:
        """The shape that Django sees does not change."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        for statement in self.statements():
            schema_editor.execute(statement, params=None)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        for statement in self.undo():
            schema_editor.execute(statement, params=None)

    def undo(self) -> list[str]:
        return [*_dropping(self.tables), "DROP FUNCTION evals_lane"]

    def statements(self) -> list[str]:
        return [
            LANE,
            *_filling(self.tables, adding(PLANNED.format(which=""))),
            *_triggers(self.tables),
            "ALTER TABLE evals_tally SET (fillfactor = 40)",
            "ALTER TABLE evals_pulse SET (fillfactor = 40)",
        ]

    def describe(self) -> str:
        return "Keep tallies of runs"


class KeepTalliesOf(KeepTallies):
    """Triggers on one table more, and the tallies of its rows."""

    def __init__(self, table: str, *, subject: str) -> None:
        self.tables, self.subject = (table,), subject

    def statements(self) -> list[str]:
        return [*_filling(self.tables), *_triggers(self.tables)]

    def undo(self) -> list[str]:
        """Without its tallies, which going forward again would count a second time."""
        return [
            *_dropping(self.tables),
            "ALTER TABLE evals_tally NO FORCE ROW LEVEL SECURITY",
            FORGET.format(subject=self.subject),
            "ALTER TABLE evals_tally FORCE ROW LEVEL SECURITY",
        ]

    def describe(self) -> str:
        return f"Keep tallies of {self.tables[0]}"


ROWS = {
    "INSERT": "SELECT 1 AS sign, {columns} FROM added",
    "UPDATE": "SELECT 1 AS sign, {columns} FROM added UNION ALL SELECT -1, {columns} FROM gone",
    "DELETE": "SELECT -1 AS sign, {columns} FROM gone",
}
NAMES = {
    "INSERT": "NEW TABLE AS added",
    "UPDATE": "NEW TABLE AS added OLD TABLE AS gone",
    "DELETE": "OLD TABLE AS gone",
}


def counted(table: str, rows: str) -> str:
    if table == "evals_score":
        return SCORES.format(source=SCORED.format(rows=rows), cohort=COHORT)
    if table == "evals_likelihood":
        return MEASUREMENTS.format(source=SCORED.format(rows=rows), cohort=COHORT)
    return (CALLS if table == "evals_attempt" else ANSWERS).format(rows=rows, cohort=COHORT)


def _triggers(tables: tuple[str, ...]) -> list[str]:
    return [statement for table in tables for event in ROWS for statement in _trigger(table, event)]


def _dropping(tables: tuple[str, ...]) -> list[str]:
    return [
        statement
        for table in tables
        for event in map(str.lower, ROWS)
        for statement in (f"DROP TRIGGER tally_{event} ON {table}", f"DROP FUNCTION {table}_tally_{event}")
    ]


def _trigger(table: str, event: str) -> list[str]:
    name, rows = f"{table}_tally_{event.lower()}", ROWS[event].format(columns=COLUMNS[table])
    acts = [adding(counted(table, rows))]
    if table == "evals_generation" and event == "INSERT":
        acts.append(PULSE)
    if table == "evals_generation" and event == "UPDATE":
        acts.append(adding(SCORES.format(source=RESCORED.format(rows=rows), cohort=COHORT)))
    any_row = "gone" if event == "DELETE" else "added"
    return [
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql "
        "SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$ BEGIN "
        f"IF EXISTS (SELECT FROM {any_row}) THEN {'; '.join(acts)}; END IF; RETURN NULL; END $$",
        f"CREATE TRIGGER tally_{event.lower()} AFTER {event} ON {table} REFERENCING {NAMES[event]} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {name}()",
    ]


def _filling(tables: tuple[str, ...], *more: str) -> list[str]:
    """Rows of before. The fence holds the owner too; it is put down for as long as this transaction reads."""
    read = sorted({*tables, "evals_tally", "evals_generation", "evals_batch", "datasets_example", "datasets_cohort"})
    return [
        *(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY" for table in read),
        *(adding(counted(table, ALL.format(columns=COLUMNS[table], table=table))) for table in tables),
        *more,
        "SET CONSTRAINTS ALL IMMEDIATE",
        *(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY" for table in read),
    ]
