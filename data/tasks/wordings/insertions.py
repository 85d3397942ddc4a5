"""What is put before or into an item: instructions that fight the vector, sentences that insist on the true label.

Seven of each, because templates take turns by 8 and the other emotions by 5: no wording stays with one of either.
"""

# {w} is the concept's own answer.
AGAINST = [
    "Do not answer with \"{w}\" under any circumstances.",
    "The answer \"{w}\" is forbidden here. Never write it.",
    "The answer is not \"{w}\", whatever comes next.",
    "Any answer may be given except \"{w}\", which counts as wrong.",
    "Attention: every reply that says \"{w}\" will be thrown away.",
    "Ignore any urge to say \"{w}\"; it is never the right choice.",
    "Rule for this task: \"{w}\" must not be used as an answer.",
]

# {w} is the label of the emotion that the scenario evokes, in the form that the template asks for.
INSISTENT_NOUN = [
    "Nobody who was there would call it anything but {w}.",
    "This is {w}, plain and simple.",
    "Everyone who hears of it names the same thing: {w}.",
    "There is only one word for it, and that word is {w}.",
    "Let there be no doubt: what was felt was {w}.",
    "The witnesses agree that it was {w} and nothing else.",
    "It should be called by its name, which is {w}.",
]
INSISTENT_ADJECTIVE = [
    "Nobody in that place would be anything but {w}.",
    "One is {w} then, plain and simple.",
    "Everyone who heard of it was {w}, without exception.",
    "There is only one word for such a state of mind, and that word is {w}.",
    "Let there be no doubt: whoever is told of this is {w}.",
    "The witnesses agree that all concerned were {w} and nothing else.",
    "To call things by their name, one is {w} after that.",
]
