"""What bootstrap.py does: prerequisites, set-up in stamped steps, checks, commands. Standard library only."""
