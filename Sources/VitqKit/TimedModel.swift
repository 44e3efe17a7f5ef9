import VitqImage
import VitqReporting
import VitqRuntime

/// A loaded model that runs on one fixed image, to be timed.
package final class TimedModel {
  package let classifier: Classifier
  /// From opening the file to being ready for the first image.
  package let loadSeconds: Double
  /// Threads that share an image; the evaluator of full precision has one.
  package let threads: Int
  let crop: PixelBuffer
  private var runner: ClassifierRunner

  /// Loads a model.
  ///
  /// - Parameters:
  ///   - path: The model.
  ///   - threads: Threads that share an image in the packed runtime.
  /// - Throws: ``KitError``.
  package init(path: String, threads: Int) throws(KitError) {
    let start = ContinuousClock.now
    classifier = try Classifier(path: path)
    self.threads = classifier.isPacked ? threads : 1
    runner = try classifier.runner(threads: threads)
    loadSeconds = (ContinuousClock.now - start).inSeconds
    let (width, height) = (
      classifier.preprocessing.inputWidth, classifier.preprocessing.inputHeight
    )
    // Fixed noise: the time of a run does not depend on what the image shows.
    var state: UInt32 = 1
    let bytes = (0..<width * height * 3).map { _ -> UInt8 in
      state = state &* 1_664_525 &+ 1_013_904_223
      return UInt8(state >> 24)
    }
    crop = PixelBuffer(width: width, height: height, bytes: bytes)
  }

  /// The seconds of one run.
  package func run() throws(KitError) -> Double {
    do throws(RuntimeError) {
      let start = ContinuousClock.now
      _ = try runner.logits(of: crop)
      return (ContinuousClock.now - start).inSeconds
    } catch {
      throw KitError(classifier.path, error)
    }
  }

  /// The seconds of one run, and of each instruction in it; the model is packed.
  func timedRun() throws(KitError) -> (seconds: Double, times: InstructionTimes) {
    do throws(RuntimeError) {
      let start = ContinuousClock.now
      let times = try runner.instructionTimes(of: crop)
      return ((ContinuousClock.now - start).inSeconds, times)
    } catch {
      throw KitError(classifier.path, error)
    }
  }
}
