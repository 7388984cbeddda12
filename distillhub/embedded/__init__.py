"""Postgres and Valkey from wheels, run as child processes under our own lifecycle; no Django in here."""
