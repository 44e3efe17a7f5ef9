import Foundation
import Testing
import VitqArchitectures
import VitqCheckpoints
import VitqONNX
import VitqTestSupport

/// A model of `fixtures/onnx` as one of PyTorch's exporters wrote it.
struct ONNXFixture: Sendable, CustomTestStringConvertible {
  /// The name without `.onnx`: `swin.legacy-17-exportable`.
  let name: String

  var testDescription: String { name }
  /// The name of the state dict: `swin`.
  var architecture: String { String(name.prefix { $0 != "." }) }

  static let all: [ONNXFixture] = {
    let folder = Fixtures.path("onnx")
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return files.filter { $0.hasSuffix(".onnx") }.sorted().map {
      ONNXFixture(name: String($0.dropLast(5)))
    }
  }()

  func model() throws -> ONNXModel { try ONNXReader.model(at: Fixtures.path("onnx/\(name).onnx")) }

  /// The model that the importer of state dicts makes of the same weights.
  func imported() throws -> ImportedModel {
    let archive = try HubFolder.open(Fixtures.path("onnx/\(architecture).safetensors"))
    return try ModelImporter.model(
      from: archive, configurationText: Self.described(archive.metadata["config"]))
  }

  /// A configuration without what is only promised in it.
  static func described(_ text: String?) -> String? {
    text?.replacingOccurrences(of: ",\"vitq\":{\"pending\":true}", with: "")
  }

  func golden() throws -> any TensorArchive {
    try HubFolder.open(Fixtures.path("onnx/\(architecture).golden.safetensors"))
  }
}
