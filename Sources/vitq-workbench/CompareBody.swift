import VitqAutodiff
import VitqCommandLine
import VitqImage
import VitqKit
import VitqReporting

enum CompareBody {
  static func run(_ options: CompareOptions) throws {
    let terminal = Terminal(isQuiet: options.run.quiet)
    let (reference, other, images) = try CommandFailure.mapping { () throws(KitError) in
      let reference = try Classifier(path: options.first)
      let other = try Classifier(path: options.second)
      let images = try ComparedImages(
        options.images, limit: options.limit, for: reference.preprocessing,
        classCount: reference.classCount)
      return (reference, other, images)
    }
    let workers = try Workers.checked(count: options.run.threadCount)
    let start = ContinuousClock.now
    let comparison = try CommandFailure.mapping { () throws(KitError) in
      try ModelComparison(of: other, with: reference, on: images, workers: workers) { count in
        terminal.progress(
          "compare",
          ProgressEstimate(
            completed: count, total: images.count,
            elapsedSeconds: (ContinuousClock.now - start).inSeconds))
      }
    }
    if options.run.json {
      Output.line(json(comparison, reference, other, options).text)
    } else {
      print(comparison, reference, other, options)
      if comparison.isTurnedApart {
        terminal.note(
          "blocks and layers are not compared: the models turn their values differently, or by one "
            + "of several rotations that were tried (quantization.rotation, seed)")
      } else if comparison.worstLayers(1).isEmpty {
        terminal.note(
          "layers are compared where both models are graphs: give the one that "
            + "'quantize --save-graph' writes")
      }
    }
  }

  private static func print(
    _ comparison: ModelComparison, _ reference: Classifier, _ other: Classifier,
    _ options: CompareOptions
  ) {
    func label(_ index: Int) -> String {
      CommandFailure.printable(
        reference.labels.indices.contains(index) ? reference.labels[index] : "class \(index)")
    }
    var summary = Table(["reference", CommandFailure.printable(reference.path)])
    summary.append(["model", CommandFailure.printable(other.path)])
    summary.append(["same answer", comparison.agreement.description])
    summary.append(["mean KL divergence", Figures.fixed(comparison.meanDivergence, 4) + " nats"])
    summary.append(["logits", figures(comparison.logits)])
    Output.line(summary.plainText)
    let blocks = comparison.layers.filter(\.isBlock)
    if !blocks.isEmpty { Output.line("\n" + table("block", blocks).plainText) }
    let layers = comparison.worstLayers(options.worst)
    if !layers.isEmpty { Output.line("\n" + table("worst layers", layers).plainText) }
    let images = comparison.worstImages(options.worst)
    guard !images.isEmpty else { return }
    var table = Table(["worst images", ">KL", "reference says", "model says"])
    for image in images {
      table.append([
        CommandFailure.printable(image.path), Figures.fixed(image.divergence, 4),
        label(image.referenceClass), label(image.otherClass),
      ])
    }
    Output.line("\n" + table.plainText)
  }

  private static func table(_ heading: String, _ layers: [ModelComparison.Layer]) -> Table {
    var table = Table([heading, ">cosine", ">SNR dB"])
    for layer in layers {
      table.append([
        CommandFailure.printable(layer.name) + part(layer), Figures.fixed(layer.error.cosine, 4),
        decibels(layer.error),
      ])
    }
    return table
  }

  /// Which tokens of a block are compared, unless all are.
  private static func part(_ layer: ModelComparison.Layer) -> String {
    guard let tokens = layer.tokens, tokens.compared.count < tokens.count else { return "" }
    let first = tokens.compared.lowerBound
    let which = tokens.compared.count == 1 ? "token \(first)" : "\(tokens.compared.count) tokens"
    return " (\(which) of \(tokens.count))"
  }

  private static func figures(_ error: SignalError) -> String {
    "cosine \(Figures.fixed(error.cosine, 4)), SNR \(decibels(error)) dB"
  }

  private static func decibels(_ error: SignalError) -> String {
    error.signalToNoise.isFinite ? Figures.fixed(error.signalToNoise, 2) : "∞"
  }

  private static func json(
    _ comparison: ModelComparison, _ reference: Classifier, _ other: Classifier,
    _ options: CompareOptions
  ) -> JSONText {
    func layer(_ layer: ModelComparison.Layer) -> JSONText {
      .object(
        [
          ("name", .string(layer.name)), ("cosine", .number(layer.error.cosine)),
          ("snr_db", .number(layer.error.signalToNoise)),
        ]
          + (layer.tokens.map { tokens in
            [
              ("tokens", .integer(tokens.compared.count)), ("all_tokens", .integer(tokens.count)),
            ]
          } ?? []))
    }
    let images = comparison.worstImages(options.worst).map { image in
      JSONText.object([
        ("image", .string(image.path)), ("kl", .number(image.divergence)),
        ("reference_class", .integer(image.referenceClass)),
        ("model_class", .integer(image.otherClass)),
      ])
    }
    return .object([
      ("schema", .string("vitq.compare/1")), ("reference", .string(reference.path)),
      ("model", .string(other.path)), ("images", .integer(comparison.images.count)),
      ("agreement", .number(comparison.agreement.fraction)),
      ("mean_kl", .number(comparison.meanDivergence)),
      ("logits_cosine", .number(comparison.logits.cosine)),
      ("logits_snr_db", .number(comparison.logits.signalToNoise)),
      ("turned_apart", .bool(comparison.isTurnedApart)),
      ("blocks", .array(comparison.layers.filter(\.isBlock).map(layer))),
      ("layers", .array(comparison.layers.filter { !$0.isBlock }.map(layer))),
      ("worst_images", .array(images)),
    ])
  }
}
