"""What an app does before it answers its first request."""
