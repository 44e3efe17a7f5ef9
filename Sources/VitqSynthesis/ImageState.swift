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
/// `vitqsyn1`, u32 image, u32 step, u32 elements, f32 pixels, f32 m, f32 v, a u32 for each kept
/// patch unless all are kept, and the SHA-256 of all before it in hexadecimal digits.
extension ImageState {
  private static let signature = Array("vitqsyn1".utf8)
  private static let headerByteCount = 20
  private static let digestByteCount = 64

  package func encoded(image index: Int) -> [UInt8] {
    var bytes = Self.signature
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

  /// Reads what ``encoded(image:)`` wrote.
  ///
  /// - Parameters:
  ///   - bytes: The bytes of the file.
  ///   - index: The number of the image.
  ///   - shape: The shape of the image.
  ///   - path: The path of the file, for errors.
  /// - Throws: ``SynthesisError/damagedState(path:detail:)``.
  package init(_ bytes: [UInt8], image index: Int, _ shape: Shape, path: String)
    throws(SynthesisError)
  {
    let expected = Self.byteCount(shape)
    let (keptCount, rest) = (bytes.count - expected).quotientAndRemainder(dividingBy: 4)
    guard keptCount >= 0, rest == 0 else {
      throw .damagedState(path: path, detail: "expected \(expected) bytes, found \(bytes.count)")
    }
    let content = Array(bytes.dropLast(Self.digestByteCount))
    let digest = Array(SHA256.hexDigest(of: content).utf8)
    guard Array(bytes.suffix(Self.digestByteCount)) == digest else {
      throw .damagedState(path: path, detail: "the digest does not match the bytes")
    }
    guard content.starts(with: Self.signature) else {
      throw .damagedState(path: path, detail: "the signature is not 'vitqsyn1'")
    }
    let found = Int(Self.word(content, 0))
    guard found == index else {
      throw .damagedState(path: path, detail: "expected image \(index), found \(found)")
    }
    step = Int(Self.word(content, 1))
    func tensor(_ index: Int) -> Tensor {
      let first = (Self.headerByteCount - Self.signature.count) / 4 + index * shape.elementCount
      return Tensor(
        shape,
        (first..<(first + shape.elementCount)).map { Float(bitPattern: Self.word(content, $0)) })
    }
    (image, firstMoments, secondMoments) = (tensor(0), tensor(1), tensor(2))
    let first = (Self.headerByteCount - Self.signature.count) / 4 + 3 * shape.elementCount
    let kept = (0..<keptCount).map { Int(Self.word(content, first + $0)) }
    keptPatches = kept.isEmpty ? nil : kept
  }

  private static func byteCount(_ shape: Shape) -> Int {
    headerByteCount + 12 * shape.elementCount + digestByteCount
  }

  private static func append(_ word: UInt32, to bytes: inout [UInt8]) {
    for shift in stride(from: 0, to: 32, by: 8) {
      bytes.append(UInt8(truncatingIfNeeded: word >> UInt32(shift)))
    }
  }

  /// The `index`-th word after the signature.
  private static func word(_ bytes: [UInt8], _ index: Int) -> UInt32 {
    let first = signature.count + 4 * index
    return (0..<4).reduce(0) { $0 | UInt32(bytes[first + $1]) << UInt32(8 * $1) }
  }
}
