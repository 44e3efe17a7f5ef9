import VitqFormat
package import VitqTensor

/// One image on its way: all that its further steps depend on.
package struct ImageState: Equatable, Sendable {
  package let step: Int
  package let image: Tensor
  package let firstMoments: Tensor
  package let secondMoments: Tensor
  /// The patches that the model still sees, ascending; `nil` for all.
  package var keptPatches: [Int]?

  package init(
    step: Int, image: Tensor, firstMoments: Tensor, secondMoments: Tensor,
    keptPatches: [Int]? = nil
  ) {
    self.step = step
    self.image = image
    self.firstMoments = firstMoments
    self.secondMoments = secondMoments
    self.keptPatches = keptPatches
  }
}

/// The bytes of a state file, little-endian:
/// `vitqsyn2`, the SHA-256 of the plan in hexadecimal digits, u32 image, u32 step, u32 elements, f32
/// pixels, f32 m, f32 v, a u32 for each kept patch unless all are kept, and the SHA-256 of all before
/// it in hexadecimal digits.
extension ImageState {
  private static let signature = Array("vitqsyn2".utf8)
  private static let digestByteCount = 64
  /// The words between the digest of the plan and the pixels.
  private static let headerWordCount = 3
  private static let headerByteCount = signature.count + digestByteCount + 4 * headerWordCount

  /// The bytes of the file of image `index`; `plan` is the digest of the plan.
  package func encoded(image index: Int, plan: String) -> [UInt8] {
    precondition(plan.utf8.count == Self.digestByteCount, "plan '\(plan)'")
    var bytes = Self.signature + Array(plan.utf8)
    for value in [index, step, image.shape.elementCount] {
      Self.append(UInt32(truncatingIfNeeded: value), to: &bytes)
    }
    bytes.reserveCapacity(Self.byteCount(image.shape))
    for tensor in [image, firstMoments, secondMoments] {
      for element in tensor.elements { Self.append(element.bitPattern, to: &bytes) }
    }
    for patch in keptPatches ?? [] { Self.append(UInt32(truncatingIfNeeded: patch), to: &bytes) }
    return bytes + Array(SHA256.hexDigest(of: bytes).utf8)
  }

  /// Reads what ``encoded(image:plan:)`` wrote.
  ///
  /// - Parameters:
  ///   - bytes: The bytes of the file.
  ///   - index: The number of the image.
  ///   - shape: The shape of the image.
  ///   - plan: The digest of the plan that the image is to be of.
  ///   - path: The path of the file, for errors.
  /// - Throws: ``SynthesisError/damagedState(path:detail:)``, or
  ///   ``SynthesisError/stateDiffers(path:expected:found:)``.
  package init(_ bytes: [UInt8], image index: Int, _ shape: Shape, plan: String, path: String)
    throws(SynthesisError)
  {
    let expected = Self.byteCount(shape)
    let (keptCount, rest) = (bytes.count - expected).quotientAndRemainder(dividingBy: 4)
    guard keptCount >= 0, rest == 0 else {
      throw .damagedState(path: path, detail: "expected \(expected) bytes, found \(bytes.count)")
    }
    let content = try Self.content(of: bytes, image: index, plan: plan, path: path)
    step = Int(Self.word(content, 1))
    func tensor(_ index: Int) -> Tensor {
      let first = Self.headerWordCount + index * shape.elementCount
      return Tensor(
        shape,
        (first..<(first + shape.elementCount)).map { Float(bitPattern: Self.word(content, $0)) })
    }
    (image, firstMoments, secondMoments) = (tensor(0), tensor(1), tensor(2))
    let first = Self.headerWordCount + 3 * shape.elementCount
    let kept = (0..<keptCount).map { Int(Self.word(content, first + $0)) }
    keptPatches = kept.isEmpty ? nil : kept
  }

  /// The step that an image of any shape is at.
  ///
  /// - Parameters:
  ///   - bytes: The bytes of its file.
  ///   - index: The number of the image.
  ///   - plan: The digest of the plan that the image is to be of.
  ///   - path: The path of the file, for errors.
  /// - Returns: The number of steps taken.
  /// - Throws: As ``init(_:image:_:plan:path:)``.
  package static func step(
    of bytes: [UInt8], image index: Int, plan: String, path: String
  ) throws(SynthesisError) -> Int {
    let content = try Self.content(of: bytes, image: index, plan: plan, path: path)
    return Int(word(content, 1))
  }

  /// The bytes before the digest, which matches them; their header is of the image and the plan.
  private static func content(
    of bytes: [UInt8], image index: Int, plan: String, path: String
  ) throws(SynthesisError) -> [UInt8] {
    let least = headerByteCount + digestByteCount
    guard bytes.count >= least else {
      throw .damagedState(
        path: path, detail: "expected at least \(least) bytes, found \(bytes.count)")
    }
    let content = Array(bytes.dropLast(digestByteCount))
    let digest = Array(SHA256.hexDigest(of: content).utf8)
    guard Array(bytes.suffix(digestByteCount)) == digest else {
      throw .damagedState(path: path, detail: "the digest does not match the bytes")
    }
    guard content.starts(with: signature) else {
      throw .damagedState(path: path, detail: "the signature is not 'vitqsyn2'")
    }
    let foundPlan = String(
      decoding: content[signature.count..<signature.count + digestByteCount], as: UTF8.self)
    guard foundPlan == plan else {
      throw .stateDiffers(path: path, expected: plan, found: foundPlan)
    }
    let found = Int(word(content, 0))
    guard found == index else {
      throw .damagedState(path: path, detail: "expected image \(index), found \(found)")
    }
    return content
  }

  private static func byteCount(_ shape: Shape) -> Int {
    headerByteCount + 12 * shape.elementCount + digestByteCount
  }

  private static func append(_ word: UInt32, to bytes: inout [UInt8]) {
    for shift in stride(from: 0, to: 32, by: 8) {
      bytes.append(UInt8(truncatingIfNeeded: word >> UInt32(shift)))
    }
  }

  /// The `index`-th word after the digest of the plan.
  private static func word(_ bytes: [UInt8], _ index: Int) -> UInt32 {
    let first = signature.count + digestByteCount + 4 * index
    return (0..<4).reduce(0) { $0 | UInt32(bytes[first + $1]) << UInt32(8 * $1) }
  }
}
