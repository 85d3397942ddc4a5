"""A small line chart as SVG, for pages that show one: labels on x at even steps, values up to 1 on y."""

WIDTH, HEIGHT = 640, 300
LEFT, RIGHT, TOP, BOTTOM = 60, 20, 20, 60
COLOURS = ["#0b62a4", "#c4501b", "#3c7d3c"]


def svg(labels, curves, x_title, y_title):
    """@param curves  name: values, one a label"""
    step = (WIDTH - LEFT - RIGHT) / max(1, len(labels) - 1)
    x = [LEFT + i * step for i in range(len(labels))]

    def y(value):
        return HEIGHT - BOTTOM - value * (HEIGHT - TOP - BOTTOM)

    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">',
             f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>']
    for value in (0, 0.25, 0.5, 0.75, 1):
        parts.append(f'<path d="M{LEFT} {y(value):.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y(value) + 4:.1f}" text-anchor="end">{value:g}</text>')
    for place, label in zip(x, labels):
        parts.append(f'<text x="{place:.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{label}</text>')
    for number, (name, values) in enumerate(curves.items()):
        colour = COLOURS[number % len(COLOURS)]
        points = " ".join(f"{place:.1f},{y(value):.1f}" for place, value in zip(x, values))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{place:.1f}" cy="{y(value):.1f}" r="3" fill="{colour}"/>' for place, value in zip(x, values)]
        parts.append(f'<text x="{LEFT + 10}" y="{HEIGHT - BOTTOM - 30 + 16 * number}" fill="{colour}">{name}</text>')
    parts.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 12}" text-anchor="middle">{x_title}</text>')
    parts.append(f'<text transform="translate(16 {(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)" text-anchor="middle">{y_title}</text>')
    return "\n".join(parts + ["</svg>"]) + "\n"
