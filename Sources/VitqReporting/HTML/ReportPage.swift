/// A page of sections that needs nothing but itself: no script, no address outside.
package struct ReportPage: Sendable {
  package struct Section: Sendable {
    package let id: String
    package let title: String
    package let content: [HTML]

    package init(_ id: String, _ title: String, _ content: [HTML]) {
      self.id = id
      self.title = title
      self.content = content
    }
  }

  package let title: String
  package let summary: String
  package var sections: [Section] = []

  package init(title: String, summary: String) {
    self.title = title
    self.summary = summary
  }

  /// The bytes of the file.
  package var text: String {
    let links = sections.map { section in
      HTML.element("li", [], [.element("a", [("href", "#" + section.id)], text: section.title)])
    }
    let bodies = sections.map { section in
      HTML.element(
        "section", [("id", section.id), ("aria-labelledby", section.id + "-title")],
        [.element("h2", [("id", section.id + "-title")], text: section.title)] + section.content)
    }
    let head = HTML.element(
      "head", [],
      [
        .element("meta", [("charset", "utf-8")]),
        .element("meta", [("name", "viewport"), ("content", "width=device-width")]),
        .element("meta", [("name", "color-scheme"), ("content", "light dark")]),
        .element(
          "meta",
          [
            ("http-equiv", "Content-Security-Policy"),
            ("content", "default-src 'none'; img-src data:; style-src 'unsafe-inline'"),
          ]),
        .element("title", text: title), .style(Self.rules),
      ])
    let body = HTML.element(
      "body", [],
      [
        .element(
          "header", [], [.element("h1", text: title), .element("p", text: summary)]),
        .element("nav", [("aria-label", "Sections")], [.element("ul", [], links)]),
        .element("main", [], bodies),
      ])
    return HTML.document(.element("html", [("lang", "en")], [head, body]))
  }

  private static let rules: StaticString = """
    :root{color-scheme:light dark;--ink:#1a1c20;--soft:#5a606b;--paper:#fff;--line:#d5d9e0;
    --panel:#f5f6f8;--a:#0b5cad;--b:#b3400b;--c:#2a7a3b;--d:#7a2f9c;--e:#8a6a00}
    @media(prefers-color-scheme:dark){:root{--ink:#e8eaee;--soft:#a7aeba;--paper:#15171b;
    --line:#383d47;--panel:#1e2127;--a:#6db3ff;--b:#ff9a66;--c:#7bd68f;--d:#d69bf5;--e:#e6c34a}}
    *{box-sizing:border-box}
    body{margin:0 auto;padding:1.5rem;max-width:72rem;background:var(--paper);color:var(--ink);
    font:16px/1.5 system-ui,"DejaVu Sans",sans-serif}
    h1{font-size:1.7rem;margin:0 0 .3rem}h2{font-size:1.25rem;margin:2.2rem 0 .7rem;
    border-bottom:1px solid var(--line);padding-bottom:.25rem}
    header p,figcaption,.note{color:var(--soft);margin:.2rem 0}
    nav ul{list-style:none;display:flex;flex-wrap:wrap;gap:.4rem 1.1rem;padding:0}
    a{color:var(--a)}
    .cards{display:flex;flex-wrap:wrap;gap:.8rem;margin:0 0 1rem;padding:0;list-style:none}
    .cards li{background:var(--panel);border:1px solid var(--line);border-radius:.5rem;
    padding:.7rem 1rem;min-width:10rem}
    .cards strong{display:block;font-size:1.35rem}
    .images{display:grid;grid-template-columns:repeat(auto-fill,minmax(15rem,1fr));gap:1rem;
    margin:0;padding:0;list-style:none}
    .images .row{display:flex;gap:.25rem}.images img{flex:1;min-width:0;width:30%;aspect-ratio:1;
    image-rendering:pixelated;border:1px solid var(--line)}
    figure{margin:0 0 1rem}figcaption{font-size:.85rem}
    .scroll{overflow-x:auto}
    table{border-collapse:collapse;width:100%;font-size:.9rem}
    th,td{text-align:left;padding:.25rem .6rem;border-bottom:1px solid var(--line);
    white-space:nowrap}
    th.n,td.n{text-align:right;font-variant-numeric:tabular-nums}
    thead th{position:sticky;top:0;background:var(--paper)}
    pre{background:var(--panel);border:1px solid var(--line);border-radius:.5rem;padding:1rem;
    overflow-x:auto;font-size:.85rem}
    svg{width:100%;height:auto;max-width:60rem;display:block}
    svg text{fill:var(--soft);font-size:12px}svg .axis{stroke:var(--line)}
    svg .faint{stroke:var(--soft);opacity:.25;fill:none}
    svg .s0{stroke:var(--a)}svg .s1{stroke:var(--b)}svg .s2{stroke:var(--c)}
    svg .s3{stroke:var(--d)}svg .s4{stroke:var(--e)}svg .line{fill:none;stroke-width:2}
    svg .bar{fill:var(--a)}svg .ink{fill:var(--ink)}
    @media print{:root{--ink:#000;--soft:#444;--paper:#fff;--line:#bbb;--panel:#fff;--a:#0b5cad;
    --b:#b3400b;--c:#2a7a3b;--d:#7a2f9c;--e:#8a6a00}nav{display:none}body{padding:0;font-size:11pt}
    section{break-inside:auto}figure,.cards li,tr,svg{break-inside:avoid}a{color:inherit}
    .scroll{overflow:visible}thead th{position:static}}
    """
}

extension Table {
  /// The table as HTML, headings marked as such.
  package var html: HTML {
    func cell(_ name: String, _ text: String, _ column: Int) -> HTML {
      var attributes = name == "th" ? [("scope", "col")] : []
      if alignments[column] == .trailing { attributes.append(("class", "n")) }
      return .element(name, attributes, text: text)
    }
    func row(_ name: String, _ texts: [String]) -> HTML {
      .element("tr", [], texts.enumerated().map { cell(name, $0.element, $0.offset) })
    }
    return .element(
      "div", [("class", "scroll")],
      [
        .element(
          "table", [],
          [
            .element("thead", [], [row("th", headings)]),
            .element("tbody", [], rows.map { row("td", $0) }),
          ])
      ])
  }
}
