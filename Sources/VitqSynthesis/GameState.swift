import VitqFormat
package import VitqTensor

/// A game of images against a student, between two cycles: all that its further cycles depend on.
package struct GameState: Equatable, Sendable {
  /// The number of cycles played.
  package var cycle = 0
  package var images: [ImageState]
  /// The number of steps of the student.
  package var studentSteps = 0
  package var weights: [Tensor]
  package var firstMoments: [Tensor]
  package var secondMoments: [Tensor]
  /// The ranges of the student's activations.
  package var ranges: [ClosedRange<Float>]

  /// A game before its first cycle.
  package init(images: [ImageState], weights: [Tensor], ranges: [ClosedRange<Float>]) {
    self.images = images
    self.weights = weights
    self.ranges = ranges
    firstMoments = weights.map { Tensor(zeros: $0.shape) }
    secondMoments = firstMoments
  }
}

/// The bytes of a game file, little-endian: `vitqgam2`, the SHA-256 of the plan in hexadecimal
/// digits, u32 cycle, u32 steps of the student, f32 weights, first and second moments of each learned
/// tensor, two f32 for each range, the state files of the images in order, and the SHA-256 of all
/// before it in hexadecimal digits.
extension GameState {
  private static let signature = Array("vitqgam2".utf8)
  private static let digestByteCount = 64

  /// The bytes of the file; `plan` is the digest of the plan.
  package func encoded(plan: String) -> [UInt8] {
    precondition(plan.utf8.count == Self.digestByteCount, "plan '\(plan)'")
    var words = [UInt32(truncatingIfNeeded: cycle), UInt32(truncatingIfNeeded: studentSteps)]
    for tensor in weights + firstMoments + secondMoments {
      words += tensor.elements.map(\.bitPattern)
    }
    words += ranges.flatMap { [$0.lowerBound.bitPattern, $0.upperBound.bitPattern] }
    var bytes = Self.signature + Array(plan.utf8)
    for word in words {
      for shift in stride(from: 0, to: 32, by: 8) {
        bytes.append(UInt8(truncatingIfNeeded: word >> UInt32(shift)))
      }
    }
    for (index, image) in images.enumerated() {
      bytes += image.encoded(image: index, plan: plan)
    }
    return bytes + Array(SHA256.hexDigest(of: bytes).utf8)
  }

  /// Reads what ``encoded(plan:)`` wrote of a game like `start`.
  ///
  /// - Parameters:
  ///   - bytes: The bytes of the file.
  ///   - start: The game as it starts, for the shapes and counts.
  ///   - plan: The digest of the plan that the game is to be of.
  ///   - path: The path of the file, for errors.
  /// - Throws: ``SynthesisError/damagedState(path:detail:)``, or
  ///   ``SynthesisError/stateDiffers(path:expected:found:)``.
  package init(
    _ bytes: [UInt8], like start: GameState, plan: String, path: String
  ) throws(SynthesisError) {
    self = start
    func damaged(_ detail: String) -> SynthesisError { .damagedState(path: path, detail: detail) }
    let shape = start.images[0].image.shape
    let imageByteCount = start.images[0].encoded(image: 0, plan: plan).count
    let studentWords =
      3 * start.weights.reduce(0) { $0 + $1.shape.elementCount } + 2 * start.ranges.count
    let headerByteCount = Self.signature.count + Self.digestByteCount
    let imagesStart = headerByteCount + 4 * (2 + studentWords)
    let expected = imagesStart + start.images.count * imageByteCount + Self.digestByteCount
    guard bytes.count == expected else {
      throw damaged("expected \(expected) bytes, found \(bytes.count)")
    }
    let content = Array(bytes.dropLast(Self.digestByteCount))
    guard Array(bytes.suffix(Self.digestByteCount)) == Array(SHA256.hexDigest(of: content).utf8)
    else {
      throw damaged("the digest does not match the bytes")
    }
    guard content.starts(with: Self.signature) else {
      throw damaged("the signature is not 'vitqgam2'")
    }
    let foundPlan = String(
      decoding: content[Self.signature.count..<headerByteCount], as: UTF8.self)
    guard foundPlan == plan else {
      throw .stateDiffers(path: path, expected: plan, found: foundPlan)
    }
    var next = headerByteCount
    func word() -> UInt32 {
      defer { next += 4 }
      return (0..<4).reduce(0) { $0 | UInt32(content[next + $1]) << UInt32(8 * $1) }
    }
    func float() -> Float { Float(bitPattern: word()) }
    func tensors() -> [Tensor] {
      start.weights.map { tensor in
        Tensor(tensor.shape, (0..<tensor.shape.elementCount).map { _ in float() })
      }
    }
    cycle = Int(word())
    studentSteps = Int(word())
    weights = tensors()
    firstMoments = tensors()
    secondMoments = tensors()
    var ranges: [ClosedRange<Float>] = []
    for _ in start.ranges {
      let (low, high) = (float(), float())
      guard low <= high else { throw damaged("a range is not ascending: \(low), \(high)") }
      ranges.append(low...high)
    }
    self.ranges = ranges
    var images: [ImageState] = []
    for index in start.images.indices {
      let first = imagesStart + index * imageByteCount
      images.append(
        try ImageState(
          Array(content[first..<first + imageByteCount]), image: index, shape, plan: plan,
          path: path))
    }
    self.images = images
  }
}
