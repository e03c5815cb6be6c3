import type { ComponentChildren } from 'preact';

/** A part of the page: its name at the left, and what it says beside it. */
export function Section({
  name,
  aside,
  id,
  children,
}: {
  name: string;
  aside?: ComponentChildren;
  id: string;
  children: ComponentChildren;
}) {
  return (
    <section class="section" aria-labelledby={id}>
      <header class="section-head">
        <h2 id={id}>{name}</h2>
        {aside !== undefined && <p class="quiet">{aside}</p>}
      </header>
      <div class="section-body">{children}</div>
    </section>
  );
}
