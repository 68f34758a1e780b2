"""What an artist's team sees. It reads totals only, so its cost does not depend on the number of plays."""
