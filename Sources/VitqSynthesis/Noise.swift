package import VitqTensor

/// Images of Gaussian noise: independent standard normal pixels, neither optimised nor clamped.
///
/// The weakest of the data-free image sources, and what synthesis starts from.
package struct Noise: Equatable, Sendable {
  package var imageCount = 32
  package var seed: UInt64 = 0

  package init() {}

  /// Normalised images of the given shape.
  package func images(_ shape: Shape) -> [Tensor] {
    (0..<imageCount).map { index in
      var random = ImageRandom(seed: seed, image: index, .pixels)
      return Tensor(shape, Self.normals(shape.elementCount, &random))
    }
  }

  package static func fill(_ image: MutableTensorView, _ random: inout ImageRandom) {
    image.copy(from: normals(image.shape.elementCount, &random))
  }

  private static func normals(_ count: Int, _ random: inout ImageRandom) -> [Float] {
    var values: [Float] = []
    values.reserveCapacity(count + 1)
    while values.count < count {
      let (a, b) = random.normals()
      values.append(Float(a))
      values.append(Float(b))
    }
    return Array(values.prefix(count))
  }
}
