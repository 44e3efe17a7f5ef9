import Testing
import VitqReporting

struct HTMLTests {
  @Test func textCannotBecomeMarkup() {
    #expect(
      HTML.text("<script>\"&'\u{1B}[2J\u{202E}").markup
        == "&lt;script&gt;&quot;&amp;&#39;\\u{1b}[2J\\u{202e}")
    let image = HTML.element("img", [("alt", "\" onerror=\"x")])
    #expect(image.markup == "<img alt=\"&quot; onerror=&quot;x\">")
    #expect(HTML.element("p", text: "a").markup == "<p>a</p>")
  }

  /// The test vectors of RFC 4648, section 10.
  @Test(arguments: [
    ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
    ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
  ])
  func base64IsTheKnownOne(_ text: String, _ expected: String) {
    let address = HTML.dataAddress(Array(text.utf8), type: "text/plain")
    #expect(address == "data:text/plain;base64," + expected)
  }

  @Test func chartsDrawOnlyNumbers() throws {
    let chart = LineChart(
      title: "a & b", xLabel: "step",
      series: [
        LineChart.Series("one", [(0, 1), (1, .nan), (2, 3)]),
        LineChart.Series("two", [(0, 2), (2, .infinity)]),
      ])
    let markup = try #require(chart.html).markup
    #expect(markup.contains("aria-label=\"a &amp; b\""))
    #expect(!markup.contains("nan") && !markup.contains("inf"))
    #expect(LineChart(title: "t", xLabel: "x", series: []).html == nil)
    #expect(BarChart(title: "t", bars: [("a", .nan, "")]).html == nil)
    let bars = try #require(
      BarChart(title: "t", bars: [("<b>", 2, "2 dB"), ("c", 1, "1 dB")]).html)
    #expect(bars.markup.contains("&lt;b&gt;"))
  }

  @Test func logarithmicChartsLeaveOutWhatHasNoLogarithm() throws {
    let series = [LineChart.Series("one", [(0, 0), (1, 10), (2, 1000)])]
    let chart = LineChart(title: "t", xLabel: "x", series: series, isLogarithmic: true)
    let markup = try #require(chart.html).markup
    #expect(markup.contains(">10.000<") && markup.contains(">1000.000<"))
    #expect(chart.series[0].points.count == 2)
  }

  @Test func aPageNeedsNothingButItself() {
    var page = ReportPage(title: "t", summary: "s")
    page.sections = [ReportPage.Section("a", "First", [HTML.text("x")])]
    let text = page.text
    #expect(text.hasPrefix("<!DOCTYPE html>\n<html lang=\"en\">"))
    #expect(text.contains("<section id=\"a\" aria-labelledby=\"a-title\">"))
    #expect(!text.contains("<script") && !text.contains("http://") && !text.contains("https://"))
    #expect(text.contains("prefers-color-scheme:dark") && text.contains("@media print"))
  }
}
