"""The templates of sentiment in other words and in German."""

# group in the test: (group here, prompt)
PARAPHRASES = {
    "sentiment": ("tone", "Comment: {s}\nTone of the comment:"),
    "all-in-all": ("on-the-whole", "{s} On the whole it is"),
    "call-it": ("in-short", "{s} In short, it was"),
    "we": ("friends", "{s} To be honest, my friends"),
    "enjoyed": ("pleased", "Read this: {s}\nWas the writer pleased? Reply:"),
    "opinion": ("verdict", "{s} The verdict:"),
    "shots-label": (
        "shots-comment",
        "Comment: Every seat creaked, and the heating was dead.\nKind: negative\n\n"
        "Comment: These are the softest towels that we have ever owned.\nKind: positive\n\nComment: {s}\nKind:",
    ),
    "shots-thumb": (
        "shots-rating",
        "Such a friendly crew. My rating: thumbs up\nThe lamp broke before evening. My rating: thumbs down\n"
        "{s} My rating: thumbs",
    ),
}

GERMAN_TEMPLATES = {
    "sentiment": ("bewertung", "Rezension: {s}\nBewertung:"),
    "all-in-all": ("alles-in-allem", "{s} Alles in allem war das"),
    "call-it": ("ich-finde", "{s} Ich finde das"),
    "we": ("wir", "{s} Ehrlich gesagt waren wir"),
    "enjoyed": ("gefallen", "{s}\nFrage: Hat es dem Verfasser gefallen?\nAntwort:"),
    "opinion": ("meinung", "{s} Meine Meinung:"),
    "shots-label": (
        "shots-urteil",
        "Text: Was für ein köstliches Gelee!\nUrteil: positiv\n\n"
        "Text: Von dem Gelee wurden wir krank.\nUrteil: negativ\n\nText: {s}\nUrteil:",
    ),
    "shots-thumb": (
        "shots-daumen",
        "Der Clown war grob zu den Kindern. Daumen: runter\nDer beste Haarschnitt meines Lebens. Daumen: hoch\n"
        "Ich liebe diesen kleinen Ofen. Daumen: hoch\nSo ein Schwindel, nie wieder. Daumen: runter\n{s} Daumen:",
    ),
}

GERMAN_CHOICES = {
    "positive": "positiv",
    "negative": "negativ",
    "good": "gut",
    "bad": "schlecht",
    "great": "großartig",
    "terrible": "furchtbar",
    "loved": "begeistert",
    "hated": "enttäuscht",
    "yes": "ja",
    "no": "nein",
    "excellent": "ausgezeichnet",
    "awful": "miserabel",
    "up": "hoch",
    "down": "runter",
}
