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

  /// What PSAQ-ViT's loss, and SARDFQ's, counts in the total.
  package static let targetWeight = Float(0.05 * batch.squareRoot())
  /// What SMI's counts.
  package static let inversionWeight = Float(1e-4 * batch.squareRoot())

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

  /// TV itself, counted as in the method's publication: SARDFQ's loss has it with 0.05, SMI's with
  /// 10⁻⁴.
  package init(minimizedBy method: SynthesisMethod) {
    self.init(target: 0, weight: method.isInversion ? Self.inversionWeight : Self.targetWeight)
  }

  /// The rows and columns from a pixel to its neighbour, for each kind of difference.
  private static let neighbours: [(rows: Int, columns: Int)] = [(0, 1), (1, 0), (1, -1), (1, 1)]

  /// |TV − t| of an image [C, H, W]; adds `weight` times its gradient to `gradient`.
  package func loss(_ image: TensorView, addingTo gradient: MutableTensorView) -> Double {
    let norms = Self.squaredNorms(image).squareRoot()
    let excess = Self.neighbours.indices.reduce(0) { $0 + norms[$1] } - target
    let sign: Float = excess > 0 ? 1 : excess < 0 ? -1 : 0
    guard sign != 0 else { return 0 }
    for (index, neighbour) in Self.neighbours.enumerated() where norms[index] > 0 {
      let factor = weight * sign * Float(1 / norms[index])
      Self.addSlopes(image, neighbour, factor, to: gradient)
    }
    return abs(excess)
  }

  /// The squares of the differences to each kind of neighbour, summed in the order of the pixels.
  private static func squaredNorms(_ image: TensorView) -> SIMD4<Double> {
    let (rows, height, width) = (image.shape[0] * image.shape[1], image.shape[1], image.shape[2])
    var sums = SIMD4<Double>.zero
    for row in 0..<rows {
      // A pixel is its own neighbour where there is none.
      let below = (row + 1) % height > 0 ? width : 0
      let (left, right) = below > 0 ? (width - 1, width + 1) : (0, 0)
      for column in 0..<width {
        let (isFirst, isLast) = (column == 0, column + 1 == width)
        let pixel = row &* width &+ column
        let others = SIMD4(
          image[isLast ? pixel : pixel &+ 1], image[pixel &+ below],
          image[isFirst ? pixel : pixel &+ left], image[isLast ? pixel : pixel &+ right])
        let differences = SIMD4(repeating: Double(image[pixel])) - SIMD4<Double>(others)
        sums += differences * differences
      }
    }
    return sums
  }

  /// Adds `factor` times the difference of each pixel and its neighbour to the gradient of the one,
  /// and takes it from that of the other.
  private static func addSlopes(
    _ image: TensorView, _ neighbour: (rows: Int, columns: Int), _ factor: Float,
    to gradient: MutableTensorView
  ) {
    let (height, width) = (image.shape[1], image.shape[2])
    let offset = neighbour.rows * width + neighbour.columns
    let (first, last) = (max(-neighbour.columns, 0), max(neighbour.columns, 0))
    for row in 0..<(image.shape[0] * height) {
      let start = row * width
      if row % height >= neighbour.rows {
        for pixel in (start + last)..<(start + width - first) {
          gradient[pixel] -= factor * (image[pixel &- offset] - image[pixel])
        }
      }
      if row % height + neighbour.rows < height {
        for pixel in (start + first)..<(start + width - last) {
          gradient[pixel] += factor * (image[pixel] - image[pixel &+ offset])
        }
      }
    }
  }
}
