package import VitqAutodiff
import VitqFormat
import VitqImage
import VitqLowering
import VitqPasses
package import VitqQuantization
package import VitqSynthesis

/// From a full-precision model to a packed one.
package struct Quantization: Sendable {
  package var recipe: QuantizationRecipe
  package var source: CalibrationSource
  package var seed: UInt64
  package var computesAllRows = false

  package init(recipe: QuantizationRecipe, source: CalibrationSource, seed: UInt64) {
    self.recipe = recipe
    self.recipe.seed = seed
    self.source = source
    self.seed = seed
  }

  /// What came out, before it is written.
  package struct Outcome {
    /// The quantized graph; reads pixels.
    package let graph: GraphModel
    package let lowered: PackedModel
    package let reports: [QuantizerReport]
    package let synthesized: [SynthesizedImage]
  }

  /// Called while the work goes on.
  package struct Observer: Sendable {
    package var synthesis: @Sendable (SynthesisProgress) -> Void
    package var calibration: @Sendable (_ visited: Int, _ total: Int) -> Void

    package init(
      synthesis: @escaping @Sendable (SynthesisProgress) -> Void = { _ in },
      calibration: @escaping @Sendable (_ visited: Int, _ total: Int) -> Void = { _, _ in }
    ) {
      self.synthesis = synthesis
      self.calibration = calibration
    }
  }

  /// Makes or reads the calibration images, calibrates, and lowers.
  ///
  /// - Parameters:
  ///   - model: The model.
  ///   - path: Where it came from, for messages.
  ///   - workers: Threads; results do not depend on their number.
  ///   - cancellation: Ends synthesis with its state saved.
  ///   - observer: Told of progress.
  /// - Returns: The graph, the program and what was found out on the way.
  /// - Throws: ``KitError``.
  package func run(
    on model: GraphModel, path: String, workers: Workers, cancellation: Cancellation,
    observer: Observer
  ) throws(KitError) -> Outcome {
    guard !model.isQuantized, model.inputDomain == .normalized else {
      throw KitError(
        .malformedInput, "\(path): expected a full-precision model, found a quantized graph")
    }
    let calibration = try CalibrationImages(
      source, for: model, digest: try Self.digest(of: path), workers: workers,
      cancellation: cancellation, progress: observer.synthesis)
    let quantized: QuantizedGraph
    do throws(QuantizationError) {
      quantized = try Quantizer.quantize(
        model.graph, mean: model.preprocessing.mean,
        standardDeviation: model.preprocessing.standardDeviation, images: calibration.images,
        recipe: recipe, workers: workers, progress: observer.calibration)
    } catch {
      throw KitError(.malformedInput, "\(path): \(error)")
    }
    var graph = model
    graph.graph = quantized.graph
    graph.inputDomain = .pixels
    let lowered: LoweredModel
    do throws(LoweringError) {
      lowered = try Lowering.lower(
        quantized.graph, options: LoweringOptions(computesAllRows: computesAllRows))
    } catch {
      throw KitError(.malformedInput, "\(path): \(error)")
    }
    let packed = PackedModel(
      program: lowered.program,
      tensors: lowered.constants.map { constant in
        switch constant.elements {
        case .bytes(let bytes): OutputTensor(constant.name, bytes: bytes, shape: constant.shape)
        case .floats(let values): OutputTensor(constant.name, values, shape: constant.shape)
        case .signedBytes(let values):
          OutputTensor(
            constant.name, bytes: values.map { UInt8(bitPattern: $0) }, type: .i8,
            shape: constant.shape)
        }
      },
      model: model, recipe: recipeText, seed: seed)
    return Outcome(
      graph: graph, lowered: packed, reports: quantized.entries,
      synthesized: calibration.synthesized)
  }

  /// What was done, as the model file states it.
  private var recipeText: String {
    var lines = [
      "weights: \(recipe.weightBits) bits, \(recipe.weightCodes.rawValue), per channel",
      "activations: \(recipe.activationBits) bits, per tensor",
      "learner: \(recipe.learner.rawValue)",
      "attention: \(recipe.attentionCodes.rawValue)",
      "gelu: \(recipe.geluCodes.rawValue)",
      "rotation: \(recipe.rotation?.rawValue ?? "none")",
      "heads rotated: \(recipe.rotatesHeads)",
      "normalized channels rescaled: \(recipe.rescalesNormalizedChannels)",
      "normalized channels centred: \(recipe.centresNormalizedChannels)",
      "edges at 8 bits: \(recipe.keepsEdgesAt8Bits)",
      "outputs fitted: \(recipe.outputFit.rawValue)",
      "percentiles: " + recipe.percentiles.map { "\($0)" }.joined(separator: " "),
      "images: \(source.name)",
    ]
    switch source {
    case .sardfq(let options, _):
      lines += ["image count: \(options.imageCount)", "steps: \(options.stepCount)"]
      if let weight = options.attentionWeight { lines.append("alpha: \(weight)") }
    case .noise(let noise): lines.append("image count: \(noise.imageCount)")
    case .folder(_, let limit): lines.append("image limit: \(limit)")
    }
    return lines.joined(separator: "\n")
  }

  private static func digest(of path: String) throws(KitError) -> String {
    do throws(FileError) {
      let bytes = try FileBytes(path: path)
      return bytes.withUnsafeBytes(in: 0..<bytes.count) { SHA256.hexDigest(of: $0) }
    } catch {
      throw KitError(reading: path, error)
    }
  }
}
