import Synchronization
package import VitqAutodiff
import VitqFormat
package import VitqSynthesis

/// The losses of every image while it was made, thinned, and kept beside the images.
///
/// The file `losses` of a work folder has one line for each point:
/// `image step term=value term=value …`, values after their weights. It lets a report draw whole
/// curves after a run was interrupted; nothing that a result depends on reads it.
package final class LossRecord: Sendable {
  /// One point of a curve.
  package struct Point: Sendable, Equatable {
    package let image: Int
    package let step: Int
    /// Terms by name, after their weights.
    package let terms: [String: Double]

    package var total: Double { terms.values.reduce(0, +) }

    /// The total with the disagreement of student and model as its size: one that grows without end
    /// is no better for counting −1.
    fileprivate var size: Double {
      total + 2 * max(-(terms[LossName.disagreement.rawValue] ?? 0), 0)
    }
  }

  private struct Key: Hashable {
    let image: Int
    let step: Int
  }

  private let points = Mutex<[Key: Point]>([:])

  /// Fewer points of an image are too few to tell a rise from the unrest of an objective that sees
  /// the image moved at every step.
  private static let judgedPointCount = 50

  package init() {}

  /// The images whose objective, on the mean of the last tenth of its points, is well above where
  /// it began, by number.
  package var rises: [(image: Int, loss: LossRise)] {
    Dictionary(grouping: sorted, by: \.image).sorted { $0.key < $1.key }.compactMap {
      image, points in
      guard points.count >= Self.judgedPointCount, let first = points.first else { return nil }
      let last = points.suffix(points.count / 10)
      let mean = last.reduce(0) { $0 + $1.size } / Double(last.count)
      return LossRise(from: first.size, to: mean).map { (image, $0) }
    }
  }

  /// The points by image and step.
  package var sorted: [Point] {
    points.withLock { $0.values.sorted { ($0.image, $0.step) < ($1.image, $1.step) } }
  }

  package func record(_ progress: SynthesisProgress) {
    var terms: [String: Double] = [:]
    for term in progress.losses.terms {
      terms[term.name.rawValue, default: 0] += term.weight * term.value
    }
    add(Point(image: progress.image, step: progress.step, terms: terms))
  }

  private func add(_ point: Point) {
    points.withLock { $0[Key(image: point.image, step: point.step)] = point }
  }

  /// Adds what an earlier run left; a line that is none of its own is passed over.
  package func load(from folder: String) {
    guard let file = try? FileBytes(path: Self.path(in: folder)) else { return }
    let text = String(decoding: file.bytes(in: 0..<file.count), as: UTF8.self)
    for line in text.split(separator: "\n") {
      let words = line.split(separator: "\t")
      guard words.count > 2, let image = Int(words[0]), let step = Int(words[1]) else { continue }
      var terms: [String: Double] = [:]
      for word in words.dropFirst(2) {
        let pair = word.split(separator: "=")
        guard pair.count == 2, let value = Double(pair[1]), value.isFinite else { continue }
        terms[String(pair[0])] = value
      }
      add(Point(image: image, step: step, terms: terms))
    }
  }

  /// Writes all points.
  ///
  /// - Throws: ``KitError`` if the folder cannot be written.
  package func store(in folder: String) throws(KitError) {
    let lines = sorted.map { point in
      let terms = point.terms.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
      return (["\(point.image)", "\(point.step)"] + terms).joined(separator: "\t")
    }
    guard !lines.isEmpty else { return }
    try KitFile.write(
      Array((lines.joined(separator: "\n") + "\n").utf8), to: Self.path(in: folder))
  }

  private static func path(in folder: String) -> String {
    "\(folder)/\(SynthesisJournal.Name.losses)"
  }
}
