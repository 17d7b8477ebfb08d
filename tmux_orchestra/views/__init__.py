"""What people see of a run: pure functions from a state to something rich can print."""
