"""Pure rules: every score, statistic, price, gate and transition, without Django, I/O, clock or dice."""
