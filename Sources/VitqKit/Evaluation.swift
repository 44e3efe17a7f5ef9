package import VitqAutodiff
import VitqFormat
package import VitqImage
import VitqImageCodecs
import VitqQuantization
package import VitqReporting
import VitqRuntime

/// The accuracy of a model on labelled images, and how often a second model agrees.
package struct Evaluation: Sendable {
  package let top1: Proportion
  package let top5: Proportion
  /// Images to which both models give the same answer.
  package let agreement: Proportion?
  /// Whether both models gave the same logits, bit for bit, on every image.
  package let isIdentical: Bool?
  /// The logits of each image, in the order of the list.
  package let logits: [[Float]]

  private struct Answer: Sendable {
    let logits: [Float]
    let rank: Int
    let agrees: Bool?
    let isIdentical: Bool?
  }

  /// Runs the models on every image.
  ///
  /// - Parameters:
  ///   - classifier: The model.
  ///   - other: A second model with the same classes, or none.
  ///   - images: What to classify.
  ///   - streams: Threads; each takes one image at a time.
  ///   - threadsPerImage: Threads that share an image in the packed runtime.
  ///   - progress: Called after each image with the number that are done.
  /// - Throws: ``KitError``.
  package init(
    of classifier: Classifier, against other: Classifier? = nil,
    on images: [LabelledImages.Entry], streams: Workers, threadsPerImage: Int = 1,
    progress: @escaping @Sendable (Int) -> Void
  ) throws(KitError) {
    if let other, other.classCount != classifier.classCount {
      throw KitError(
        .badConfiguration,
        "\(other.path): expected \(classifier.classCount) classes as in \(classifier.path), "
          + "found \(other.classCount)")
    }
    let counter = Counter(progress)
    let answers = try streams.map(images.count) { () throws(KitError) in
      Pair(
        first: try classifier.runner(threads: threadsPerImage),
        second: try other?.runner(threads: threadsPerImage))
    } body: { (pair: inout Pair, item: Int) throws(KitError) -> Answer in
      let answer = try Self.answer(
        to: images[item], classifier, other, &pair)
      counter.advance()
      return answer
    }
    func share(_ holds: (Answer) -> Bool) -> Proportion {
      Proportion(answers.filter(holds).count, of: answers.count)
    }
    top1 = share { $0.rank == 0 }
    top5 = share { $0.rank < 5 }
    agreement = other == nil ? nil : share { $0.agrees == true }
    isIdentical = other == nil ? nil : answers.allSatisfy { $0.isIdentical == true }
    logits = answers.map(\.logits)
  }

  private final class Pair {
    var first: ClassifierRunner
    var second: ClassifierRunner?

    init(first: consuming ClassifierRunner, second: consuming ClassifierRunner?) {
      self.first = first
      self.second = second
    }
  }

  private static func answer(
    to image: LabelledImages.Entry, _ classifier: Classifier, _ other: Classifier?,
    _ pair: inout Pair
  ) throws(KitError) -> Answer {
    let pixels = try ImagePixels.read(image.path)
    let logits: [Float]
    var second: [Float]?
    do throws(RuntimeError) {
      logits = try pair.first.logits(of: classifier.preprocessing.crop(pixels))
      if let other { second = try pair.second?.logits(of: other.preprocessing.crop(pixels)) }
    } catch {
      throw KitError(image.path, error)
    }
    try classifier.check(logits, of: image.path)
    let score = logits[image.classIndex]
    let rank = logits.indices.filter { i in
      logits[i] > score || (logits[i] == score && i < image.classIndex)
    }.count
    guard let other, let second else {
      return Answer(logits: logits, rank: rank, agrees: nil, isIdentical: nil)
    }
    try other.check(second, of: image.path)
    return Answer(
      logits: logits, rank: rank, agrees: Divergence.argmax(logits) == Divergence.argmax(second),
      isIdentical: logits == second)
  }
}

/// Decoded images of files, with errors that name the file.
package enum ImagePixels {
  /// The pixels of a PNG or JPEG file, as Pillow reads them; orientation tags are ignored.
  package static func read(_ path: String) throws(KitError) -> PixelBuffer {
    try decode(bytes(of: path), path: path)
  }

  static func bytes(of path: String) throws(KitError) -> [UInt8] {
    do throws(ImageError) {
      return try ImageFile.read(path: path)
    } catch {
      throw KitError(path, error)
    }
  }

  /// The pixels of the bytes of a file; `path` is for messages.
  static func decode(_ bytes: [UInt8], path: String) throws(KitError) -> PixelBuffer {
    do throws(ImageError) {
      return try ImageDecoder.decode(bytes).pixels
    } catch {
      throw KitError(path, error)
    }
  }
}

extension Evaluation {
  /// Writes the logits as a NumPy array, `<f4` [images, classes] (NEP 1, version 1.0).
  package func writeLogits(to path: String) throws(KitError) {
    try NumPyArray(
      shape: [logits.count, logits.first?.count ?? 0], elements: logits.flatMap { $0 }
    )
    .write(to: path)
  }
}
