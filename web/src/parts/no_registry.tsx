/** Of a view that needs a registry, where the server has none. */
export function NoRegistry({ title, gain, note }: { title: string; gain: string; note: string }) {
  return (
    <section class="panel narrow" aria-label={title}>
      <h2>{title}</h2>
      <p>{gain}</p>
      <pre class="code" tabIndex={0} aria-label="Command">contrans serve --registry FOLDER …</pre>
      <p class="quiet">{note}</p>
    </section>
  );
}
