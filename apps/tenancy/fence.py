"""Migration operations that put a table behind the organization's wall and keep written history as it is."""

from __future__ import annotations

from typing import Any

from django.db.migrations.operations.base import Operation

from apps.tenancy.owned import OwnedForeignKey

APP_ROLE = "distillhub_app"
IS_OURS = "organization_id = (SELECT NULLIF(current_setting('distillhub.organization_id', true), '')::uuid)"

# What refers to a table's composite key is remembered, taken off, and put back when the key has its new order.
TURN_KEY = """DO $$
    DECLARE link record;
    BEGIN
        CREATE TEMPORARY TABLE links ON COMMIT DROP AS
            SELECT conrelid::regclass AS child, conname, pg_get_constraintdef(oid) AS definition
            FROM pg_constraint WHERE confrelid = '"%table%"'::regclass AND right(conname, 6) = '_owned';
        FOR link IN SELECT * FROM links LOOP
            EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', link.child, link.conname);
        END LOOP;
        ALTER TABLE "%table%" DROP CONSTRAINT "%table%_owned";
        ALTER TABLE "%table%" ADD CONSTRAINT "%table%_owned" UNIQUE (%columns%);
        FOR link IN SELECT * FROM links LOOP
            EXECUTE format('ALTER TABLE %s ADD CONSTRAINT %I %s', link.child, link.conname, link.definition);
        END LOOP;
        DROP TABLE links;
    END $$"""


class TableOperation(Operation):
    """Plain SQL on one model's table, forwards and back."""

    reversible = True
    reduces_to_sql = True

    def __init__(self, model_name: str) -> None:
        self.model_name = model_name

    def state_forwards(self, app_label: str, state: Any) -> None:
        """The shape that Django sees does not change."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        for statement in self.statements(to_state.apps.get_model(app_label, self.model_name)):
            schema_editor.execute(statement, params=None)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        for statement in self.undo(from_state.apps.get_model(app_label, self.model_name)):
            schema_editor.execute(statement, params=None)

    def statements(self, model: Any) -> list[str]:
        raise NotImplementedError

    def undo(self, model: Any) -> list[str]:
        raise NotImplementedError


class Fence(TableOperation):
    """Row-level security, forced on the owner too, and composite keys to every tenant table referred to.

    The tenant policy is RESTRICTIVE: a policy added later by mistake can narrow what it lets through, never widen it.
    """

    def describe(self) -> str:
        return f"Fence {self.model_name} by organization"

    def statements(self, model: Any) -> list[str]:
        table = model._meta.db_table
        return [
            f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY',
            f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY',
            f'CREATE POLICY tenant ON "{table}" AS RESTRICTIVE USING ({IS_OURS}) WITH CHECK ({IS_OURS})',
            f'CREATE POLICY open_inside ON "{table}" USING (true) WITH CHECK (true)',
            f'ALTER TABLE "{table}" ADD CONSTRAINT "{table}_owned" UNIQUE (organization_id, id)',
            *(self._composite_key(table, field) for field in _owned_keys(model)),
        ]

    def undo(self, model: Any) -> list[str]:
        table = model._meta.db_table
        return [
            *(f'ALTER TABLE "{table}" DROP CONSTRAINT "{table}_{field.column}_owned"' for field in _owned_keys(model)),
            f'ALTER TABLE "{table}" DROP CONSTRAINT "{table}_owned"',
            f'DROP POLICY open_inside ON "{table}"',
            f'DROP POLICY tenant ON "{table}"',
            f'ALTER TABLE "{table}" NO FORCE ROW LEVEL SECURITY',
            f'ALTER TABLE "{table}" DISABLE ROW LEVEL SECURITY',
        ]

    @staticmethod
    def _composite_key(table: str, field: Any) -> str:
        parent = field.related_model._meta.db_table
        return (
            f'ALTER TABLE "{table}" ADD CONSTRAINT "{table}_{field.column}_owned" '
            f'FOREIGN KEY (organization_id, "{field.column}") REFERENCES "{parent}" (organization_id, id) '
            "DEFERRABLE INITIALLY IMMEDIATE"
        )


class FenceLink(TableOperation):
    """The composite key of one ``OwnedForeignKey`` that was added to a table after its fence."""

    def __init__(self, model_name: str, field_name: str) -> None:
        super().__init__(model_name)
        self.field_name = field_name

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return type(self).__name__, [self.model_name, self.field_name], {}

    def describe(self) -> str:
        return f"Fence {self.model_name}.{self.field_name} by organization"

    def statements(self, model: Any) -> list[str]:
        return [Fence._composite_key(model._meta.db_table, model._meta.get_field(self.field_name))]

    def undo(self, model: Any) -> list[str]:
        table, column = model._meta.db_table, model._meta.get_field(self.field_name).column
        return [f'ALTER TABLE "{table}" DROP CONSTRAINT "{table}_{column}_owned"']


class KeyFirst(TableOperation):
    """Turn the composite key of a large table around: its index begins with the row and not with the organization.

    The fence adds the organization to every condition, and the planner takes one that is new to its statistics for
    nearly empty: with an index that begins with it, it reads all of an organization's rows where one is wanted, and
    that for each row of a join. What refers to the table is taken off meanwhile and put back as it was.
    """

    def describe(self) -> str:
        return f"Let the composite key of {self.model_name} begin with the row"

    def statements(self, model: Any) -> list[str]:
        return [self._turned(model._meta.db_table, "id, organization_id")]

    def undo(self, model: Any) -> list[str]:
        return [self._turned(model._meta.db_table, "organization_id, id")]

    @staticmethod
    def _turned(table: str, columns: str) -> str:
        return TURN_KEY.replace("%table%", table).replace("%columns%", columns)


class AppendOnly(TableOperation):
    """Rows are written once. The app role loses the right to change them, and a trigger refuses everyone else."""

    def describe(self) -> str:
        return f"Make {self.model_name} append-only"

    def statements(self, model: Any) -> list[str]:
        table = model._meta.db_table
        return [
            f'REVOKE UPDATE, DELETE, TRUNCATE ON "{table}" FROM {APP_ROLE}',
            f"""CREATE FUNCTION "{table}_append_only"() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN RAISE EXCEPTION '{table} is append-only' USING ERRCODE = '42501'; END $$""",
            f'CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON "{table}" '
            f'FOR EACH ROW EXECUTE FUNCTION "{table}_append_only"()',
            f'CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON "{table}" '
            f'FOR EACH STATEMENT EXECUTE FUNCTION "{table}_append_only"()',
        ]

    def undo(self, model: Any) -> list[str]:
        table = model._meta.db_table
        return [
            f'DROP TRIGGER append_only_truncate ON "{table}"',
            f'DROP TRIGGER append_only ON "{table}"',
            f'DROP FUNCTION "{table}_append_only"()',
            f'GRANT UPDATE, DELETE ON "{table}" TO {APP_ROLE}',
        ]


class RefuseWhen(TableOperation):
    """Refuse a write while ``condition`` (SQL over OLD and NEW) holds, for every role and whatever code sends it."""

    def __init__(self, model_name: str, *, condition: str, because: str, on: str = "UPDATE OR DELETE") -> None:
        super().__init__(model_name)
        self.condition = condition
        self.because = because
        self.on = on

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return (
            type(self).__name__,
            [self.model_name],
            {"condition": self.condition, "because": self.because, "on": self.on},
        )

    def describe(self) -> str:
        return f"Refuse on {self.model_name}: {self.because}"

    def statements(self, model: Any) -> list[str]:
        table = model._meta.db_table
        return [
            f"""CREATE FUNCTION "{table}_refuse_when"() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN
                    IF {self.condition} THEN
                        RAISE EXCEPTION '{self.because}' USING ERRCODE = '42501';
                    END IF;
                    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
                    RETURN NEW;
                END $$""",
            f'CREATE TRIGGER refuse_when BEFORE {self.on} ON "{table}" '
            f'FOR EACH ROW EXECUTE FUNCTION "{table}_refuse_when"()',
        ]

    def undo(self, model: Any) -> list[str]:
        table = model._meta.db_table
        return [f'DROP TRIGGER refuse_when ON "{table}"', f'DROP FUNCTION "{table}_refuse_when"()']


def _owned_keys(model: Any) -> list[Any]:
    return [field for field in model._meta.local_fields if isinstance(field, OwnedForeignKey)]
