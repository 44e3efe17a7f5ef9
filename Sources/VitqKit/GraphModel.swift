import VitqCheckpoints
package import VitqFormat
package import VitqGraph
package import VitqImage
import VitqOps
import VitqTensor

/// A model as a graph with its preprocessing and labels: what `convert` writes.
package struct GraphModel: Sendable {
  /// What the graph reads.
  package enum InputDomain: String, Sendable {
    /// The normalised image, as timm's models read it.
    case normalized
    /// Pixels in 0 … 1; normalisation is folded into the weights.
    case pixels
  }

  /// The metadata keys of a file of this kind.
  private enum Key {
    static let graph = "graph"
    static let architecture = "architecture"
    static let input = "input"
  }

  package var graph: Graph
  package var inputDomain: InputDomain
  package var preprocessing: Preprocessing
  package var labels: [Label]
  package var architecture: String
  package var source: ModelHeader.Source?
  /// How the graph was quantized, as YAML; `nil` for full precision.
  package var recipe: String?
  /// The images of a folder that quantizers were chosen on; empty if there were none.
  package var calibrationImages: [ModelHeader.Source] = []

  package init(
    graph: Graph, inputDomain: InputDomain, preprocessing: Preprocessing, labels: [Label],
    architecture: String, source: ModelHeader.Source?
  ) {
    self.graph = graph
    self.inputDomain = inputDomain
    self.preprocessing = preprocessing
    self.labels = labels
    self.architecture = architecture
    self.source = source
  }

  /// The number of classes.
  package var classCount: Int {
    graph.landmarks[.logits].map { graph[$0].shape.width } ?? 0
  }

  /// What the graph reads for an image of exactly its input size.
  func inputValues(of crop: PixelBuffer) -> [Float] {
    switch inputDomain {
    case .normalized: preprocessing.normalize(crop)
    case .pixels: crop.planes
    }
  }

  /// Whether the graph has quantizers, and integer arithmetic is what it means.
  package var isQuantized: Bool { graph.nodes.contains { $0.operation is FakeQuantize } }

  /// Refuses a model that was quantized, as its file says or its graph shows.
  ///
  /// - Parameter path: Where the model came from, for the message.
  /// - Throws: ``KitError``.
  package func checkFullPrecision(path: String) throws(KitError) {
    guard recipe == nil, !isQuantized, inputDomain == .normalized else {
      throw KitError(
        .malformedInput, "\(path): expected a full-precision model, found a quantized graph")
    }
  }

  /// Reads the model that `convert` wrote at `path`.
  package init(path: String) throws(KitError) {
    let file = try ModelFile.open(path)
    guard file.header.kind == .graph else {
      throw KitError(
        .malformedInput,
        "\(path): expected a full-precision model, found a quantized one (kind program)")
    }
    try self.init(file, path: path)
  }

  /// Reads the model of an open file; `path` is for messages.
  package init(_ file: ModelFile, path: String) throws(KitError) {
    do throws(ModelFileError) {
      try file.verify()
    } catch {
      throw KitError(path, error)
    }
    let attributes = file.header.attributes
    func attribute(_ key: String) throws(KitError) -> String {
      guard let value = attributes[key] else {
        throw KitError(.malformedInput, "\(path): header: metadata has no key '\(key)'")
      }
      return value
    }
    architecture = try attribute(Key.architecture)
    let domain = try attribute(Key.input)
    guard let inputDomain = InputDomain(rawValue: domain) else {
      throw KitError(
        .malformedInput,
        "\(path): header: metadata '\(Key.input)': expected normalized or pixels, found '\(domain)'"
      )
    }
    self.inputDomain = inputDomain
    preprocessing = try Self.preprocessing(of: file, path: path)
    source = file.header.source
    recipe = file.header.recipe
    calibrationImages = file.header.calibrationImages
    let text = try attribute(Key.graph)
    do throws(GraphArchiveError) {
      graph = try GraphArchive.graph(text) { name in
        file.container[name].flatMap { Self.tensor($0, in: file.container) }
      }
    } catch {
      throw KitError(.malformedInput, "\(path): graph: \(error)")
    }
    do throws(ModelFileError) {
      labels = try file.labels()
    } catch {
      throw KitError(path, error)
    }
    try validate(path: path)
  }

  /// Writes the model; the path holds the whole file or what it held before.
  package func write(to path: String, overwriting: Bool) throws(KitError) {
    let archive: GraphArchive
    do throws(GraphArchiveError) {
      archive = try GraphArchive(graph)
    } catch {
      throw KitError(.malformedInput, "graph: \(error)")
    }
    var header = ModelHeader(kind: .graph, toolVersion: Tool.version)
    header.preprocessing = preprocessing.fields
    header.source = source
    header.recipe = recipe
    header.attributes = [
      Key.graph: archive.text, Key.architecture: architecture, Key.input: inputDomain.rawValue,
    ]
    header.calibrationImages = calibrationImages
    let tensors = archive.constants.map {
      OutputTensor($0.name, $0.value.elements, shape: $0.value.shape.dimensions)
    }
    do throws(FileError) {
      try ModelFile.write(
        header, labels: labels, tensors: tensors, to: path, overwriting: overwriting)
    } catch {
      throw KitError(writing: path, error)
    }
  }

  /// Preprocessing as a model file states it.
  static func preprocessing(of file: ModelFile, path: String) throws(KitError) -> Preprocessing {
    do throws(PreprocessingError) {
      return try Preprocessing(fields: file.header.preprocessing)
    } catch {
      throw KitError(.malformedInput, "\(path): \(error)")
    }
  }

  private static func tensor(_ stored: StoredTensor, in file: SafetensorsFile) -> Tensor? {
    guard stored.type == .f32, Shape.isValid(stored.shape, limit: Shape.elementLimit) else {
      return nil
    }
    let shape = Shape(stored.shape)
    let elements = file.withUnsafeBytes(of: stored) { FloatFormat.binary32.floats(in: $0) }
    file.bytes.releasePages(in: stored.range)
    return Tensor(shape, elements)
  }

  /// The parts that the methods rely on are there and agree.
  private func validate(path: String) throws(KitError) {
    guard let logits = graph.landmarks[.logits], let image = graph.landmarks[.image],
      graph.outputs == [logits]
    else {
      throw KitError(.malformedInput, "\(path): graph: expected an image and logits, found neither")
    }
    let expected: Shape = [3, preprocessing.inputHeight, preprocessing.inputWidth]
    guard graph[image].shape == expected else {
      throw KitError(
        .malformedInput,
        "\(path): graph: image: expected shape \(expected), found \(graph[image].shape)")
    }
    guard labels.isEmpty || labels.count == classCount else {
      throw KitError(
        .malformedInput,
        "\(path): labels: expected \(classCount), one for each class, found \(labels.count)")
    }
  }
}
