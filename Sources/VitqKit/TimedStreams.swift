import Synchronization
import VitqAutodiff
import VitqImage
import VitqReporting
import VitqRuntime

/// Several images at once on the weights of one model, to be timed.
final class TimedStreams {
  let count: Int
  private let path: String
  private let crop: PixelBuffer
  private let runners: [Box]

  /// A runner in the heap; whoever drew its number has it alone.
  private final class Box: @unchecked Sendable {
    var runner: ClassifierRunner
    init(_ runner: consuming ClassifierRunner) { self.runner = runner }
  }

  /// Makes a runner for each stream, with as many threads as `model` has.
  ///
  /// - Throws: ``KitError``.
  init(_ model: TimedModel, count: Int) throws(KitError) {
    self.count = count
    path = model.classifier.path
    crop = model.crop
    var runners: [Box] = []
    for _ in 0..<count { runners.append(Box(try model.classifier.runner(threads: model.threads))) }
    self.runners = runners
  }

  /// The images a second of `imageCount` images, each taken by the stream that is free first.
  func run(imageCount: Int) throws(KitError) -> Double {
    let drawn = Atomic(0)
    let (runners, crop) = (runners, crop)
    let start = ContinuousClock.now
    do throws(RuntimeError) {
      _ = try Workers(count: count).map(imageCount) { () throws(RuntimeError) in
        runners[drawn.add(1, ordering: .relaxed).oldValue]
      } body: { (box: inout Box, _: Int) throws(RuntimeError) -> Bool in
        try !box.runner.logits(of: crop).isEmpty
      }
    } catch {
      throw KitError(path, error)
    }
    return Double(imageCount) / (ContinuousClock.now - start).inSeconds
  }
}
