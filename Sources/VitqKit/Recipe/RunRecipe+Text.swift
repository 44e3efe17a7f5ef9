extension RunRecipe {
  /// The recipe as YAML with every setting, which reads back as the same recipe.
  package var text: String {
    var lines: [String] = []
    var open: [Substring] = []
    for key in RecipeKey.all {
      guard let value = key.read(self) else { continue }
      let parts = key.path.split(separator: ".")
      let groups = parts.dropLast()
      var shared = 0
      while shared < min(groups.count, open.count), groups[shared] == open[shared] { shared += 1 }
      for depth in shared..<groups.count { lines.append(indent(depth) + groups[depth] + ":") }
      open = Array(groups)
      let name = indent(groups.count) + (parts.last ?? "")
      if case .overrides(let overrides) = value, !overrides.isEmpty {
        lines.append(name + ":")
        for override in overrides {
          lines += override.lines.enumerated().map {
            indent(groups.count + 1) + ($0.offset == 0 ? "- " : "  ") + $0.element
          }
        }
      } else {
        lines.append("\(name): \(value.text)")
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private func indent(_ depth: Int) -> String { String(repeating: "  ", count: depth) }

  /// Every key with what it may be and what it does.
  package static var reference: [(path: String, values: String, help: String)] {
    RecipeKey.all.map { ($0.path, $0.form.description, $0.help) }
  }
}
