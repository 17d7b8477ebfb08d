"""Doubles of what the program talks to but cannot have in a test: real protocols on loopback, with scripted answers."""
