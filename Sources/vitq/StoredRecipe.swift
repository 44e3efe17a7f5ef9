/// What the recipe in a model says of its making, as far as `inspect` tells it.
///
/// The text has one key on each line, two spaces before it for each level, as `quantize` writes it.
/// Of other YAML less is understood, or nothing.
struct StoredRecipe {
  /// By key path; that of a group is empty.
  private var values: [String: String] = [:]

  init(_ text: String) {
    var groups: [Substring] = []
    for line in text.split(separator: "\n") {
      let content = line.drop { $0 == " " }
      let depth = (line.count - content.count) / 2
      guard depth <= groups.count, !content.hasPrefix("-"),
        let colon = content.firstIndex(of: ":")
      else { continue }
      groups.removeLast(groups.count - depth)
      let name = content[..<colon]
      let value = content[content.index(after: colon)...].drop { $0 == " " }
      values[(groups + [name]).joined(separator: ".")] = String(value)
      if value.isEmpty { groups.append(name) }
    }
  }

  /// The bits of a weight where nothing else is said of its layer.
  var weightBits: Int? { values["quantization.weights.bits"].flatMap { Int($0) } }

  /// For instance `3 bits`, and which layers have others.
  var weights: String? {
    guard let weightBits else { return nil }
    var others: [String] = []
    if values["quantization.edges-at-8-bits"] == "true" { others.append("8 at the edges") }
    if values["quantization.overrides"]?.isEmpty == true { others.append("others by overrides") }
    return "\(weightBits) bits" + (others.isEmpty ? "" : " (\(others.joined(separator: ", ")))")
  }

  /// Where the calibration images came from: the method that made them, or `folder`.
  var imageMethod: String? { values["images.method"] }

  /// Whether no image was needed to make the model: what `RunRecipe.isDataFree` of the kit, which
  /// this program does without, says of the same recipe.
  var isDataFree: Bool { imageMethod != "folder" && !hasRealPriors }

  private var hasRealPriors: Bool {
    values["images.attention-priors.kind"]?.contains("real:") == true
      && values["images.attention-priors.on"] != "false"
  }

  /// For instance `images synthesised by psaq, data-free`.
  var calibration: String? {
    guard let imageMethod else { return nil }
    switch imageMethod {
    case "folder": return "real images of a folder, not data-free"
    case "noise": return "Gaussian noise, data-free"
    default:
      let source = isDataFree ? ", data-free" : " with the attention to real ones, not data-free"
      return "images synthesised by \(imageMethod)\(source)"
    }
  }
}
