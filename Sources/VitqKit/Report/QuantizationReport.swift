import Foundation
package import VitqAutodiff
import VitqFormat
import VitqImage
import VitqQuantization
package import VitqReporting
import VitqSynthesis
import VitqTensor

/// What a run did, for people: one HTML file that needs nothing else.
package struct QuantizationReport {
  /// Accuracy of a model on labelled images that the run never saw.
  package struct Accuracy: Sendable {
    package let name: String
    package let top1: Proportion
    package let top5: Proportion

    package init(name: String, top1: Proportion, top5: Proportion) {
      self.name = name
      self.top1 = top1
      self.top5 = top5
    }
  }

  package let outcome: Quantization.Outcome
  /// The full-precision model.
  package let model: GraphModel
  package let recipe: RunRecipe
  /// The file that was written.
  package let path: String
  package let seconds: Double
  package var accuracy: [Accuracy] = []
  /// The full-precision model and the packed one, in this order; empty if not measured.
  package var speed: [Benchmark.Row] = []

  package init(
    _ outcome: Quantization.Outcome, of model: GraphModel, recipe: RunRecipe, path: String,
    seconds: Double
  ) {
    self.outcome = outcome
    self.model = model
    self.recipe = recipe
    self.path = path
    self.seconds = seconds
  }

  /// The file; the same run gives the same text, times aside.
  package func html(workers: Workers) -> String {
    let name = path.split(separator: "/").last.map { String($0) } ?? path
    var page = ReportPage(
      title: "\(name): \(recipe.modeName)",
      summary: "\(model.architecture), \(model.classCount) classes, quantized "
        + (recipe.isDataFree ? "without data" : "with real images") + " by vitq \(Tool.version) in "
        + Figures.duration(seconds))
    page.sections = [
      overview, accuracySection, images(workers: workers), curves, learning, layers, recipeSection,
      provenance,
    ].compactMap { $0 }
    return page.text
  }

  // MARK: Sections

  private var overview: ReportPage.Section {
    var cards: [(String, String)] = []
    if let packed = speed.last, let full = speed.first, speed.count == 2 {
      let size = Double(full.fileByteCount) / Double(max(packed.fileByteCount, 1))
      cards += [
        (Figures.megabytes(packed.fileByteCount), "size, \(Figures.fixed(size, 1))× smaller"),
        (
          Figures.milliseconds(packed.latency.median) + " ms",
          "an image on one thread, "
            + "\(Figures.fixed(full.latency.median / packed.latency.median, 1))× faster"
        ),
      ]
    }
    if let first = accuracy.last {
      cards.append((Figures.percent(first.top1.fraction) + " %", "top-1 of \(first.top1.total)"))
    }
    if let worst = ranked.first {
      cards.append(
        (Figures.fixed(decibels(worst), 1) + " dB", "least signal-to-noise: \(worst.node)"))
    }
    let items = cards.map { value, label in
      HTML.element("li", [], [.element("strong", text: value), .text(label)])
    }
    var content = [HTML.element("ul", [("class", "cards")], items)]
    content += outcome.warnings.map {
      .element("p", [("class", "note"), ("role", "alert")], text: "Warning: \($0).")
    }
    if speed.count == 2 {
      var table = Table(["model", ">size", ">ms an image", "engine"])
      for row in speed {
        table.append([
          row.path, Figures.megabytes(row.fileByteCount),
          Figures.milliseconds(row.latency.median), row.engine,
        ])
      }
      content.append(table.html)
    }
    return ReportPage.Section("overview", "Size and speed", content)
  }

  private var accuracySection: ReportPage.Section? {
    guard !accuracy.isEmpty else { return nil }
    var table = Table(["model", ">top-1 (95 % interval)", ">top-5 (95 % interval)"])
    for row in accuracy {
      table.append([row.name, row.top1.description, row.top5.description])
    }
    return ReportPage.Section(
      "accuracy", "Accuracy",
      [
        table.html,
        .element("p", [("class", "note")], text: "These images took no part in the run."),
      ])
  }

  private func images(workers: Workers) -> ReportPage.Section? {
    let images = outcome.synthesized
    guard !images.isEmpty else { return nil }
    let maps = AttentionMaps.maps(of: model, on: images.map(\.pixels), workers: workers)
    let items = images.enumerated().map { index, image in
      let classes = image.classes.map { label($0) }.joined(separator: ", ")
      var row: [HTML] = []
      func add(_ address: String?, _ description: String) {
        guard let address else { return }
        row.append(.element("img", [("src", address), ("alt", description)]))
      }
      add(ReportPictures.image(image.pixels, model.preprocessing), "Image \(index): \(classes)")
      if let prior = image.prior {
        add(ReportPictures.heat(prior), "Attention prior of image \(index)")
      }
      if index < maps.count {
        add(ReportPictures.heat(maps[index]), "Attention of the model to image \(index)")
      }
      return HTML.element(
        "li", [],
        [
          .element(
            "figure", [],
            [
              .element("div", [("class", "row")], row),
              .element("figcaption", text: "\(index): \(classes)"),
            ])
        ])
    }
    let hasPriors = images.contains { $0.prior != nil }
    let legend =
      "Each image" + (hasPriors ? ", its attention prior" : "")
      + (maps.isEmpty ? "" : ", and the attention of the full-precision model to it")
      + "; brighter is more."
    return ReportPage.Section(
      "images", "Images",
      [
        .element("p", [("class", "note")], text: legend),
        .element("ul", [("class", "images")], items),
      ])
  }

  private var curves: ReportPage.Section? {
    let points = outcome.losses
    guard !points.isEmpty else { return nil }
    let byImage = Dictionary(grouping: points, by: \.image)
    var total = byImage.keys.sorted().map { image in
      LineChart.Series(
        "image \(image)", (byImage[image] ?? []).map { (Double($0.step), $0.total) }, isFaint: true)
    }
    let bySteps = Dictionary(grouping: points, by: \.step).filter { $1.count == byImage.count }
    let steps = bySteps.keys.sorted()
    func mean(_ value: (LossRecord.Point) -> Double) -> [(x: Double, y: Double)] {
      steps.map { step in
        let values = (bySteps[step] ?? []).map(value)
        return (Double(step), values.reduce(0, +) / Double(max(values.count, 1)))
      }
    }
    total.append(LineChart.Series("mean", mean(\.total)))
    let names = Set(points.flatMap(\.terms.keys)).sorted()
    let terms = names.map { name in LineChart.Series(name, mean { $0.terms[name] ?? 0 }) }
    let charts = [
      LineChart(
        title: "Objective of each image and the mean of all", xLabel: "step", series: total),
      LineChart(
        title: "Mean of each term after its weight, on a logarithmic scale", xLabel: "step",
        series: terms, isLogarithmic: true),
    ]
    return ReportPage.Section("losses", "Loss curves", charts.compactMap(\.html))
  }

  private var learning: ReportPage.Section? {
    let charts = Dictionary(grouping: outcome.learnerLosses, by: \.stage).sorted { $0.key < $1.key }
      .map { stage, parts in
        // Parts differ in scale; one that begins at 0 has nothing to learn.
        let shares = parts.compactMap { part in
          part.losses.first.flatMap { first in first > 0 ? part.losses.map { $0 / first } : nil }
        }
        func points(_ values: [Double]) -> [(x: Double, y: Double)] {
          values.enumerated().map { (Double($0.offset), $0.element) }
        }
        var series = shares.map { LineChart.Series("part", points($0), isFaint: true) }
        let mean = (0..<(shares.map(\.count).min() ?? 0)).map { step in
          shares.reduce(0) { $0 + $1[step] } / Double(shares.count)
        }
        series.append(LineChart.Series("mean", points(mean)))
        return LineChart(
          title: "Stage \(stage + 1): loss of each part of the model over that before its first "
            + "step, and the mean of all",
          xLabel: "step", series: series)
      }
    guard !charts.isEmpty else { return nil }
    return ReportPage.Section("learning", "Loss curves of learning", charts.compactMap(\.html))
  }

  private var layers: ReportPage.Section {
    let worst = ranked.prefix(20).map { report in
      (
        name: "\(report.node) (\(report.role.rawValue))", amount: report.relativeError,
        label: Figures.fixed(decibels(report), 1) + " dB"
      )
    }
    let chart = BarChart(
      title:
        "The twenty largest errors: mean squared error over mean square, and as signal-to-noise",
      bars: Array(worst))
    var table = Table([
      "value", "role", ">bits", ">from", ">to", ">coded from", ">coded to", ">relative error",
      ">SNR dB",
    ])
    for report in outcome.reports {
      func number(_ value: Float) -> String { Figures.fixed(Double(value), 4) }
      table.append([
        report.node, report.role.rawValue, "\(report.bits)", number(report.range.lowerBound),
        number(report.range.upperBound), number(report.codedRange.lowerBound),
        number(report.codedRange.upperBound), Figures.fixed(report.relativeError, 6),
        Figures.fixed(decibels(report), 1),
      ])
    }
    return ReportPage.Section(
      "layers", "Ranges and errors", [chart.html, table.html].compactMap { $0 })
  }

  private var recipeSection: ReportPage.Section {
    ReportPage.Section(
      "recipe", "Recipe",
      [
        .element(
          "p", [("class", "note")],
          text: "Save it as a file, or give the model itself, for 'vitq quantize --recipe'."),
        .element("pre", [("tabindex", "0")], [.element("code", text: recipe.text)]),
      ])
  }

  private var provenance: ReportPage.Section {
    var table = Table(["", ""])
    table.append(["written by", "vitq \(Tool.version)"])
    table.append(["architecture", model.architecture])
    if let source = model.source {
      table.append(["source", source.name])
      table.append(["SHA-256 of the source", source.sha256])
    }
    table.append(["seed", "\(recipe.seed)"])
    table.append(["images", recipe.isDataFree ? "made from the model alone" : "real"])
    return ReportPage.Section("provenance", "Provenance", [table.html])
  }

  // MARK: Figures

  private var ranked: [QuantizerReport] {
    outcome.reports.filter { $0.relativeError > 0 }
      .sorted { ($1.relativeError, $0.node) < ($0.relativeError, $1.node) }
  }

  private func decibels(_ report: QuantizerReport) -> Double {
    report.relativeError > 0 ? -10 * log10(report.relativeError) : .infinity
  }

  private func label(_ index: Int) -> String {
    guard model.labels.indices.contains(index) else { return "class \(index)" }
    return model.labels[index].description ?? model.labels[index].name
  }
}
