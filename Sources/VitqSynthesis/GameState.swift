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

/// The words of a game file, `vitqgam3`: cycle, steps of the student, weights, first and second
/// moments of each learned tensor, the bounds of each range, and the words of the images in order,
/// whose patches are all kept.
extension GameState {
  private static let signature = "vitqgam3"

  /// The bytes of the file; `plan` is the digest of the plan.
  package func encoded(plan: String) -> [UInt8] {
    var state = StateWriter()
    state.append(cycle)
    state.append(studentSteps)
    for tensor in weights + firstMoments + secondMoments { state.append(tensor.elements) }
    for range in ranges { state.append(range) }
    for (index, image) in images.enumerated() { image.write(to: &state, image: index) }
    return state.bytes(signature: Self.signature, plan: plan)
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
    do throws(StateError) {
      let expected = StateWriter.byteCount(wordCount: start.wordCount)
      guard bytes.count == expected else {
        throw .damaged("expected \(expected) bytes, found \(bytes.count)")
      }
      var state = try StateReader(bytes, signature: Self.signature, plan: plan)
      cycle = try state.count()
      studentSteps = try state.count()
      weights = try Self.tensors(like: start.weights, from: &state)
      firstMoments = try Self.tensors(like: start.weights, from: &state)
      secondMoments = try Self.tensors(like: start.weights, from: &state)
      for index in ranges.indices { ranges[index] = try state.range() }
      for (index, image) in start.images.enumerated() {
        images[index] = try ImageState(from: &state, image: index, image.image.shape)
      }
    } catch {
      throw SynthesisError(path, error)
    }
  }

  private var wordCount: Int {
    let weightCount = weights.reduce(0) { $0 + $1.shape.elementCount }
    return 2 + 3 * weightCount + 2 * ranges.count
      + images.reduce(0) { $0 + ImageState.wordCount($1.image.shape) }
  }

  private static func tensors(
    like tensors: [Tensor], from state: inout StateReader
  ) throws(StateError) -> [Tensor] {
    var found: [Tensor] = []
    for tensor in tensors {
      found.append(Tensor(tensor.shape, try state.floats(tensor.shape.elementCount)))
    }
    return found
  }
}
