"""What was measured, and how sure it is: every figure has its interval and its sample size."""
