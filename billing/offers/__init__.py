"""What is for sale, and a user's subscription in one shape whoever sold it."""
