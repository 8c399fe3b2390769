"""For ever: triggers become passes, with back-off, one worker for each target."""
