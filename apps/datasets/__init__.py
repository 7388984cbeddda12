"""Golden datasets: imported, labelled by cohort, pinned for good."""
