"""The emotions' templates in other words and in German. Few-shot ones show each emotion once among the three."""

# group in the test: (group here, prompt). The word form that the test's template asks for is kept.
PARAPHRASES = {
    "emotion-here": ("one-word", "{s}\nIn one word, this sentence is about"),
    "text-label": ("diary-tag", "Diary entry: {s}\nTag for this entry:"),
    "question": ("name-it", "Name the emotion in this sentence: \"{s}\" It is"),
    "i-feel": ("asked-later", "{s} Later a friend asked how it had been for me, and I said that I was"),
    "makes-people": ("lives-through", "{s} Whoever lives through that will be"),
    "shots-situation": (
        "shots-note",
        "Note: The dog that we grew up with is gone. || Theme: sadness\n"
        "Note: The cream came out in sour lumps. || Theme: disgust\n"
        "Note: {s} || Theme:",
    ),
    "shots-i-felt": (
        "shots-speaker",
        "\"My sister is coming home for good.\" The speaker is happy.\n"
        "\"Something is scratching at the cellar door.\" The speaker is afraid.\n"
        "\"{s}\" The speaker is",
    ),
    "shots-writer": (
        "shots-mood",
        "What happened: The shop sold my reserved bed to somebody else.\nMood: angry\n\n"
        "What happened: Our cat had learned to open the piano.\nMood: surprised\n\n"
        "What happened: {s}\nMood:",
    ),
}

GERMAN_TEMPLATES = {
    "emotion-here": ("gefuehl-hier", "{s} Das Gefühl dabei heißt"),
    "text-label": ("text-gefuehl", "Text: {s}\nGefühl:"),
    "question": ("frage", "Frage: Welches Gefühl beschreibt dieser Satz? {s}\nAntwort:"),
    "i-feel": ("ich-bin", "{s} Ich bin"),
    "makes-people": ("da-ist-man", "{s} Da ist man natürlich"),
    "shots-situation": (
        "shots-lage",
        "Lage: Ich habe in der Schule den Buchstabierwettbewerb gewonnen.\nGefühl: Freude\n\n"
        "Lage: Eine Schlange kroch unter unser Zelt.\nGefühl: Angst\n\n"
        "Lage: {s}\nGefühl:",
    ),
    "shots-i-felt": (
        "shots-ich-war",
        "Mein Brieffreund schrieb mir nicht mehr. Ich war traurig.\n"
        "Ein Reh spazierte in unser Klassenzimmer. Ich war überrascht.\n"
        "{s} Ich war",
    ),
    "shots-writer": (
        "shots-verfasser",
        "F: Jemand hat mein neues Auto zerkratzt. Wie fühlt sich der Verfasser?\nA: wütend\n"
        "F: Auf meinem Brot war Schimmel. Wie fühlt sich der Verfasser?\nA: angeekelt\n"
        "F: {s} Wie fühlt sich der Verfasser?\nA:",
    ),
}

GERMAN_CHOICES = {
    "happiness": "Freude",
    "sadness": "Trauer",
    "anger": "Wut",
    "fear": "Angst",
    "disgust": "Ekel",
    "surprise": "Überraschung",
    "happy": "glücklich",
    "sad": "traurig",
    "angry": "wütend",
    "afraid": "ängstlich",
    "disgusted": "angeekelt",
    "surprised": "überrascht",
}
