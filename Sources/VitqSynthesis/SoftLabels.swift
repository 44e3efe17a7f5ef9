#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Soft-label learning (SL): the class distributions that an image and its parts are trained to.
///
/// SARDFQ, section 3.3.3: softmax of scores uniform in [0, 1], those of the wanted classes in
/// [ε₁, ε₂]. A part has its own class, the whole image the classes of all its parts.
package struct SoftLabels: Equatable, Sendable {
  /// The distribution of the whole image.
  package let image: [Float]
  /// The distribution of each part.
  package let parts: [[Float]]

  /// Draws distributions with the given class for each part.
  package init(
    classes: [Int], of classCount: Int, wantedScores: ClosedRange<Double>,
    _ random: inout ImageRandom
  ) {
    image = Self.distribution(classes, of: classCount, wantedScores, &random)
    var parts: [[Float]] = []
    for wanted in classes {
      parts.append(Self.distribution([wanted], of: classCount, wantedScores, &random))
    }
    self.parts = parts
  }

  /// All the weight on one class: that of the part, and of the first part for the whole image.
  package init(oneHot classes: [Int], of classCount: Int) {
    parts = classes.map { wanted in (0..<classCount).map { $0 == wanted ? 1 : 0 } }
    image = parts[0]
  }

  private static func distribution(
    _ wanted: [Int], of classCount: Int, _ wantedScores: ClosedRange<Double>,
    _ random: inout ImageRandom
  ) -> [Float] {
    var scores = (0..<classCount).map { _ in random.uniform(0...1) }
    for index in wanted { scores[index] = random.uniform(wantedScores) }
    let exponentials = scores.map { exp($0) }
    let total = exponentials.reduce(0, +)
    return exponentials.map { Float($0 / total) }
  }
}
