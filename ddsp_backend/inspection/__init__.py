"""The second look at recordings: what a pitch tracker hears in them, what is wrong with them, what a set covers."""
