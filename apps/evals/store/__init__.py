"""Machine-scale writes of a run. Not audited row by row; the run's sealed scorecard is, by digest."""
