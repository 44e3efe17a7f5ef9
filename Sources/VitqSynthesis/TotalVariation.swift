package import VitqTensor

/// How much neighbouring pixels differ, driven to a target: |TV − t|; with t = 0, TV.
///
/// TV is the sum of the Frobenius norms of the horizontal, vertical, anti-diagonal and diagonal
/// first differences of the whole *batch* of B = 32 images in PSAQ-ViT, which SARDFQ follows, and
/// in SMI. PSAQ-ViT's loss is 0.05 |TV − t| beside batch *means* of the other terms, t uniform in
/// [2500, 3000]; SMI's is 10⁻⁴ TV. Images here are independent, and the other terms are those of
/// one image: B times the mean. Norms of B like images are √B times those of one, so that
/// B · w |TV − t| has, for each image, the gradient of w √B |TV₁ − t / √B|.
package struct TotalVariation: Sendable {
  private static let batch = 32.0
  private static let batchTargets = 2500.0...3000.0

  /// What PSAQ-ViT's loss counts in the total.
  package static let targetWeight = Float(0.05 * batch.squareRoot())
  /// What SMI's counts.
  package static let minimizedWeight = Float(1e-4 * batch.squareRoot())

  package let target: Double
  package let weight: Float

  /// PSAQ-ViT's; draws the target, which all images share.
  package init(_ random: inout ImageRandom) {
    self.init(
      target: random.uniform(Self.batchTargets) / Self.batch.squareRoot(),
      weight: Self.targetWeight)
  }

  package init(target: Double, weight: Float) {
    self.target = target
    self.weight = weight
  }

  /// SMI's.
  package static let minimized = TotalVariation(target: 0, weight: minimizedWeight)

  /// The rows and columns from a pixel to its neighbour, for each kind of difference.
  private static let neighbours: [(rows: Int, columns: Int)] = [(0, 1), (1, 0), (1, -1), (1, 1)]

  /// |TV − t| of an image [C, H, W]; adds `weight` times its gradient to `gradient`.
  package func loss(_ image: TensorView, addingTo gradient: MutableTensorView) -> Double {
    let norms = Self.neighbours.map { Self.squaredNorm(image, $0).squareRoot() }
    let excess = norms.reduce(0, +) - target
    let sign: Float = excess > 0 ? 1 : excess < 0 ? -1 : 0
    var slopes = [Float](repeating: 0, count: image.shape[2])
    for (neighbour, norm) in zip(Self.neighbours, norms) where norm > 0 && sign != 0 {
      let factor = weight * sign * Float(1 / norm)
      Self.forEachRow(image.shape, neighbour) { here, there, count in
        // A row at a time in three loops, each of which is independent of its own results.
        for j in 0..<count { slopes[j] = factor * (image[here + j] - image[there + j]) }
        for j in 0..<count { gradient[there + j] -= slopes[j] }
        for j in 0..<count { gradient[here + j] += slopes[j] }
      }
    }
    return abs(excess)
  }

  private static func squaredNorm(
    _ image: TensorView, _ neighbour: (rows: Int, columns: Int)
  ) -> Double {
    var sum = 0.0
    forEachRow(image.shape, neighbour) { here, there, count in
      for j in 0..<count {
        let difference = Double(image[here + j]) - Double(image[there + j])
        sum += difference * difference
      }
    }
    return sum
  }

  /// Calls `body` with the offsets and the length of each run of pixels and of their neighbours.
  private static func forEachRow(
    _ shape: Shape, _ neighbour: (rows: Int, columns: Int), _ body: (Int, Int, Int) -> Void
  ) {
    let (height, width) = (shape[1], shape[2])
    let first = max(-neighbour.columns, 0)
    let count = width - abs(neighbour.columns)
    guard count > 0, height > neighbour.rows else { return }
    for channel in 0..<shape[0] {
      for row in 0..<(height - neighbour.rows) {
        let here = (channel * height + row) * width + first
        body(here, here + neighbour.rows * width + neighbour.columns, count)
      }
    }
  }
}
