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

/// The words of a state file, `vitqsyn2`: image, step, elements, pixels, m, v, and each kept patch
/// unless all are kept.
extension ImageState {
  private static let signature = "vitqsyn2"

  /// The bytes of the file of image `index`; `plan` is the digest of the plan.
  package func encoded(image index: Int, plan: String) -> [UInt8] {
    var state = StateWriter()
    write(to: &state, image: index)
    for patch in keptPatches ?? [] { state.append(patch) }
    return state.bytes(signature: Self.signature, plan: plan)
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
    do throws(StateError) {
      let expected = StateWriter.byteCount(wordCount: Self.wordCount(shape))
      guard bytes.count >= expected, (bytes.count - expected).isMultiple(of: 4) else {
        throw .damaged("expected \(expected) bytes, found \(bytes.count)")
      }
      var state = try StateReader(bytes, signature: Self.signature, plan: plan)
      try self.init(from: &state, image: index, shape)
      var kept: [Int] = []
      while !state.isAtEnd { kept.append(try state.count()) }
      keptPatches = kept.isEmpty ? nil : kept
    } catch {
      throw SynthesisError(path, error)
    }
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
    do throws(StateError) {
      var state = try StateReader(bytes, signature: signature, plan: plan)
      return try step(from: &state, image: index)
    } catch {
      throw SynthesisError(path, error)
    }
  }

  // MARK: Words

  /// The number of words of an image whose patches are all kept.
  static func wordCount(_ shape: Shape) -> Int { 3 + 3 * shape.elementCount }

  /// Appends all but the kept patches.
  func write(to state: inout StateWriter, image index: Int) {
    for value in [index, step, image.shape.elementCount] { state.append(value) }
    for tensor in [image, firstMoments, secondMoments] { state.append(tensor.elements) }
  }

  /// Reads what ``write(to:image:)`` appended.
  init(from state: inout StateReader, image index: Int, _ shape: Shape) throws(StateError) {
    step = try Self.step(from: &state, image: index)
    let count = try state.count()
    guard count == shape.elementCount else {
      throw .damaged("expected \(shape.elementCount) elements, found \(count)")
    }
    image = Tensor(shape, try state.floats(count))
    firstMoments = Tensor(shape, try state.floats(count))
    secondMoments = Tensor(shape, try state.floats(count))
  }

  private static func step(
    from state: inout StateReader, image index: Int
  ) throws(StateError) -> Int {
    let found = try state.count()
    guard found == index else { throw .damaged("expected image \(index), found \(found)") }
    return try state.count()
  }
}
