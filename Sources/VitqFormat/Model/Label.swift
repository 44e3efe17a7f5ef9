/// A class of a classifier.
package struct Label: Hashable, Sendable {
  /// A short name or an identifier such as a WordNet synset.
  package var name: String
  /// What the class is called, where it is more than the name.
  package var description: String?

  package init(name: String, description: String? = nil) {
    self.name = name
    self.description = description
  }

  /// Labels as text: a line for each, a tab between name and description.
  ///
  /// Control characters become spaces.
  static func encode(_ labels: [Label]) -> [UInt8] {
    func clean(_ text: String) -> String {
      var result = String.UnicodeScalarView()
      for scalar in text.unicodeScalars { result.append(scalar.isControl ? " " : scalar) }
      return String(result)
    }
    let lines = labels.map { label in
      clean(label.name) + (label.description.map { "\t\(clean($0))" } ?? "")
    }
    return Array(lines.joined(separator: "\n").utf8)
  }

  /// Reads what ``encode(_:)`` writes.
  static func decode(_ bytes: [UInt8]) throws(ModelFileError) -> [Label] {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw .invalidLabels(line: nil)
    }
    var labels: [Label] = []
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
      guard fields.count <= 2,
        !fields.contains(where: { $0.unicodeScalars.contains(where: \.isControl) })
      else { throw .invalidLabels(line: labels.count + 1) }
      labels.append(
        Label(name: String(fields[0]), description: fields.count == 2 ? String(fields[1]) : nil))
    }
    return labels
  }
}
