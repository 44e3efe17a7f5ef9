import Foundation
import VitqArchitectures
import VitqCheckpoints
import VitqFormat
import VitqHDF5
import VitqONNX
import VitqTensor

/// Opens checkpoints and reads every tensor.
enum FuzzedCheckpoints {
  /// Reads an ONNX file and makes a model of it, as `vitq convert` does.
  static func onnx(_ bytes: [UInt8]) {
    guard let model = try? ONNXReader.model(in: FileBytes(bytes), folder: "/nowhere/") else {
      return
    }
    for tensor in model.graph.initializers.values {
      let count = tensor.floats?.count ?? tensor.integers?.count ?? tensor.booleans?.count
      precondition(count == tensor.elementCount, "\(tensor.shape) has \(count ?? -1) elements")
    }
    guard let translation = try? ONNXTranslation(model) else { return }
    _ = try? ModelImporter.model(of: translation.graph, metadata: model.metadata)
  }

  static func safetensors(_ bytes: [UInt8]) {
    guard let file = try? SafetensorsFile(FileBytes(bytes)),
      let archive = try? SafetensorsArchive(file)
    else { return }
    readAll(archive)
  }

  /// libhdf5 reads paths only, so the bytes go through a file.
  static func hdf5(_ bytes: [UInt8]) {
    let path = FileManager.default.temporaryDirectory
      .appending(path: "vitq-fuzz-\(ProcessInfo.processInfo.processIdentifier).h5").path
    guard FileManager.default.createFile(atPath: path, contents: Data(bytes)),
      let archive = try? HDF5Archive(path: path)
    else { return }
    readAll(archive)
  }

  private static func readAll(_ archive: some TensorArchive) {
    for entry in archive.entries {
      guard let tensor = try? archive.tensor(entry.name) else { continue }
      precondition(tensor.elements.count == entry.shape.elementCount, entry.name)
    }
  }
}
