package import VitqAutodiff
package import VitqReporting
import VitqImage
package import VitqSynthesis

/// The time of a synthesis step: forward and gradient of the whole image, losses and Adam.
///
/// Without parts of the image, so that it compares with one forward and backward elsewhere.
package struct StepBenchmark: Sendable {
  /// Seconds of one step of one image on one thread, all threads at work.
  package let seconds: Samples
  package let threads: Int
  private let products: ProductFormat

  /// Times steps on every thread at once, an image each.
  ///
  /// - Parameters:
  ///   - model: A full-precision model.
  ///   - workers: The threads.
  ///   - rounds: Timed steps of each thread, after two more.
  ///   - products: What the model's matrices are multiplied as.
  /// - Throws: ``KitError`` if the model cannot be synthesised from.
  package init(
    of model: GraphModel, workers: Workers, rounds: Int, products: ProductFormat
  ) throws(KitError) {
    threads = workers.count
    self.products = products
    var options = SynthesisOptions()
    options.products = products
    options.imageCount = workers.count
    options.stepCount = rounds + 2
    options.semanticReinforcement.isOn = false
    let graph = try model.graph.forSynthesis()
    do throws(SynthesisError) {
      let parts = try SynthesisModel(graph)
      let constants = ConstantPool(graph)
      let settings = SynthesisSettings(parts, options, preprocessing: model.preprocessing)
      let samples = try workers.map(workers.count) { () throws(SynthesisError) in
        try ImageOptimizer(graph, constants: constants, settings)
      } body: { (optimizer, index) throws(SynthesisError) in
        let objective = ImageObjective(settings, image: index)
        optimizer.start(image: index)
        var seconds: [Double] = []
        for _ in 0..<rounds + 2 {
          let start = ContinuousClock.now
          _ = try optimizer.step(objective, image: index)
          seconds.append((ContinuousClock.now - start).inSeconds)
        }
        return seconds
      }
      seconds = Samples(samples.flatMap { $0.dropFirst(2) })
    } catch {
      throw KitError(error)
    }
  }

  /// Milliseconds for each image, shared by the threads.
  package var json: JSONText {
    let unit = 1e3 / Double(threads)
    return .object([
      ("schema", .string("vitq.step/1")), ("threads", .integer(threads)),
      ("products", .string(products.rawValue)),
      ("ms_per_image_min", .number(seconds.minimum * unit)),
      ("ms_per_image_median", .number(seconds.median * unit)),
      ("steps", .integer(seconds.sorted.count)),
    ])
  }
}
