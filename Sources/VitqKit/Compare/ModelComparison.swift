package import VitqAutodiff
import VitqImage
import VitqQuantization
package import VitqReporting
import VitqRuntime

/// How far a model is from a reference on the same images.
package struct ModelComparison: Sendable {
  /// One image.
  package struct Image: Sendable {
    package let path: String
    /// KL(reference ‖ model), in nats.
    package let divergence: Double
    package let referenceClass: Int
    package let otherClass: Int
  }

  /// One block or layer.
  package struct Layer: Sendable {
    package let name: String
    /// The tokens of a block that are compared, of how many; `nil` of a layer.
    ///
    /// They are all, but for what a packed model computes of its last block.
    package let tokens: (compared: Range<Int>, count: Int)?
    package let error: SignalError

    package var isBlock: Bool { tokens != nil }
  }

  package let images: [Image]
  /// Of the logits.
  package let logits: SignalError
  /// Blocks, then layers; of the latter there are none unless both models are graphs.
  package let layers: [Layer]
  /// Whether there are none because the models turn their values differently, or by one of several
  /// rotations.
  package let isTurnedApart: Bool

  /// The images to which both give the same answer.
  package var agreement: Proportion {
    Proportion(images.filter { $0.referenceClass == $0.otherClass }.count, of: images.count)
  }

  package var meanDivergence: Double {
    images.reduce(0) { $0 + $1.divergence } / Double(images.count)
  }

  /// The images with the largest divergence, worst first.
  package func worstImages(_ count: Int) -> [Image] {
    Array(images.sorted { ($1.divergence, $0.path) < ($0.divergence, $1.path) }.prefix(count))
  }

  /// The layers with the least signal-to-noise ratio, worst first; blocks are not among them.
  package func worstLayers(_ count: Int) -> [Layer] {
    let ranked = layers.filter { !$0.isBlock }.sorted {
      ($0.error.signalToNoise, $0.name) < ($1.error.signalToNoise, $1.name)
    }
    return Array(ranked.prefix(count))
  }

  private struct Answer: Sendable {
    let image: Image
    let logits: SignalError
    let points: [SignalError]
  }

  private final class Runners {
    var first: ClassifierRunner
    var second: ClassifierRunner
    let pair: ModelPair.Runner

    init(
      _ first: consuming ClassifierRunner, _ second: consuming ClassifierRunner, _ pair: ModelPair
    ) {
      self.first = first
      self.second = second
      self.pair = ModelPair.Runner(pair)
    }
  }

  /// Compares two models.
  ///
  /// - Parameters:
  ///   - other: The model.
  ///   - reference: What it should be like; it has the same classes.
  ///   - compared: The images; at least one.
  ///   - workers: Threads; the result does not depend on their number.
  ///   - progress: Called with the number of images that are done.
  /// - Throws: ``KitError``.
  package init(
    of other: Classifier, with reference: Classifier, on compared: ComparedImages,
    workers: Workers, progress: @escaping @Sendable (Int) -> Void
  ) throws(KitError) {
    guard other.classCount == reference.classCount else {
      throw KitError(
        .badConfiguration,
        "\(other.path): expected \(reference.classCount) classes as in \(reference.path), "
          + "found \(other.classCount)")
    }
    let pair = try ModelPair(reference, other)
    let counter = Counter(progress)
    let answers = try workers.map(compared.count) { () throws(KitError) in
      Runners(try reference.runner(), try other.runner(), pair)
    } body: { (runners: inout Runners, index: Int) throws(KitError) -> Answer in
      let answer = try Self.answer(index, of: compared, reference, other, pair, runners)
      counter.advance()
      return answer
    }
    images = answers.map(\.image)
    logits = answers.reduce(SignalError()) { $0 + $1.logits }
    isTurnedApart = pair.isTurnedApart
    layers = pair.points.enumerated().map { index, point in
      let tokens: (Range<Int>, Int)? =
        if case .block(let rows, let count) = point.kind { (rows, count) } else { nil }
      return Layer(
        name: point.name, tokens: tokens,
        error: answers.reduce(SignalError()) { $0 + $1.points[index] })
    }
  }

  private static func answer(
    _ index: Int, of compared: ComparedImages, _ reference: Classifier, _ other: Classifier,
    _ pair: ModelPair, _ runners: Runners
  ) throws(KitError) -> Answer {
    let path = compared.paths[index]
    let crops = try compared.crops(
      index, for: [reference.preprocessing, other.preprocessing])
    let first: [Float]
    let second: [Float]
    let tokens: [[BlockTokens]]
    do throws(RuntimeError) {
      let a = try runners.first.outputs(of: crops[0], after: pair.blocks(ofSide: 0))
      let b = try runners.second.outputs(of: crops[1], after: pair.blocks(ofSide: 1))
      (first, second, tokens) = (a.logits, b.logits, [a.tokens, b.tokens])
    } catch {
      throw KitError(path, error)
    }
    try reference.check(first, of: path)
    try other.check(second, of: path)
    return Answer(
      image: Image(
        path: path, divergence: Divergence.kullbackLeibler(first, second),
        referenceClass: Divergence.argmax(first) ?? 0,
        otherClass: Divergence.argmax(second) ?? 0),
      logits: SignalError(reference: first, second),
      points: runners.pair.errors(crops, tokens: tokens))
  }
}
