"""One market at a time: owns the tasks and the state, computes what is asked for, tells who listens."""
