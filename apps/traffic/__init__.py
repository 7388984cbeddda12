"""What live traffic asked in a time, counted by cohort and held against golden rows."""
