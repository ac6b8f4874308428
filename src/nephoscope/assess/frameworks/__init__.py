"""One file, one framework: the ids of its requirements, what each is about in our words, and the checks that answer it.

The texts of requirements belong to their publishers and are not here. A requirement without checks is answered by hand
or by other parts, and counts in the whole.
"""
