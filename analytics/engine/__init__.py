"""What the figures of numbers.md are made of: pure functions over float64 arrays.

Conventions of all modules here.  Days are calendar days.  A series of closes that covers n days has n + 1 entries: entry 0 is
the close before the first day.  What is paid in comes at the start of its day, what is taken out leaves at the end of its
day.  Returns are simple, per period, fractions (0.05 is 5 %).  Malformed input raises MalformedSeries; a question without an
answer raises Undefined with the reason as a sentence.  Many answers at once, of which some
do not exist, are Answers.  No function returns NaN or infinity (`guard.finite_or`).
"""
