import Testing
import VitqArchitectures
import VitqFormat
import VitqImage
import VitqTensor

struct ModelImporterTests {
  @Test func readsPreprocessingAndLabels() throws {
    let model = try ModelImporter.model(from: ArchiveInMemory.golden("class-token"))
    #expect(
      model.preprocessing
        == Preprocessing(
          inputHeight: 32, inputWidth: 32, cropFraction: 0.9, interpolation: .bicubic,
          mean: [0.5, 0.5, 0.5], standardDeviation: [0.5, 0.5, 0.5]))
    #expect(model.labels == (0..<7).map { Label(name: "class \($0)") })
    #expect(model.architectureName == "vit_tiny_patch16_224")
    #expect(model.notes.isEmpty)
  }

  @Test func readsTheOldFormOfAConfiguration() throws {
    let text = """
      {"architecture": "vit_tiny_patch16_224.tag", "num_classes": 7, "input_size": [3, 32, 32],
       "interpolation": "bilinear", "crop_pct": 0.875, "mean": [0.1, 0.2, 0.3],
       "std": [0.4, 0.5, 0.6], "labels": ["a", "b", "c", "d", "e", "f", "g"],
       "label_descriptions": {"b": "bee"},
       "model_args": {"embed_dim": 32, "depth": 2, "num_heads": 2, "patch_size": 8}}
      """
    let model = try ModelImporter.model(
      from: ArchiveInMemory.golden("class-token"), configurationText: text)
    #expect(model.preprocessing.interpolation == .bilinear)
    #expect(model.preprocessing.mean == [0.1, 0.2, 0.3])
    #expect(model.labels[1] == Label(name: "b", description: "bee"))
    #expect(
      model.notes == [
        "2 heads, epsilon 1e-06, erf GELU, token pooling, as timm's vit_tiny_patch16_224"
      ])
  }

  @Test func takesTheCallersLabels() throws {
    let names = ["a", "b", "c", "d", "e", "f", "g"]
    let archive = try ArchiveInMemory.golden("class-token")
    #expect(
      try ModelImporter.model(from: archive, labels: names).labels
        == names.map {
          Label(name: $0)
        })
    #expect(throws: ArchitectureError.labelCount(classes: 7, labels: 2)) {
      try ModelImporter.model(from: archive, labels: ["a", "b"])
    }
  }

  @Test(
    arguments: [
      (
        #""num_heads":2,"layer"#, #""num_heads":3,"layer"#,
        .indivisible(quantity: "width", value: 32, by: "num_heads", divisor: 3)
      ),
      (
        #""num_heads":2,"layer"#, #""num_heads":0,"layer"#,
        .outOfRange(quantity: "heads", range: 1...256, found: 0)
      ),
      (
        #""layer_norm_epsilon":1e-06,"#, "",
        .missingConfiguration(key: "vitq.layer_norm_epsilon")
      ),
      (
        #""layer_norm_epsilon":1e-06"#, #""layer_norm_epsilon":"1e-6""#,
        .configurationValue(
          key: "vitq.layer_norm_epsilon", expected: "a number above 0", found: "'1e-6'")
      ),
      (
        #""activation":"gelu""#, #""activation":"quick_gelu""#,
        .unsupported(
          quantity: "activation", found: "'quick_gelu'", supported: "'gelu' or 'gelu_tanh'")
      ),
      (
        #""qk_norm":false"#, #""qk_norm":true"#,
        .unsupported(quantity: "qk_norm", found: "true", supported: "false")
      ),
      (
        #""distilled":false"#, #""distilled":true"#,
        .contradiction(quantity: "distilled", configuration: "true", tensors: "false")
      ),
      (
        #""crop_pct":0.9"#, #""crop_pct":3"#,
        .configurationValue(
          key: "pretrained_cfg.crop_pct", expected: "a number above 0 and at most 1", found: "3")
      ),
      (
        #""crop_pct":0.9"#, #""crop_pct":1e-300"#,
        .configurationValue(
          key: "pretrained_cfg.crop_pct", expected: "one that resizes the side 32 to 1 to 65535",
          found: "1e-300")
      ),
      (
        #""crop_mode":"center""#, #""crop_mode":"squash""#,
        .unsupported(quantity: "crop_mode", found: "'squash'", supported: "'center'")
      ),
      (
        #""interpolation":"bicubic""#, #""interpolation":"random""#,
        .configurationValue(
          key: "pretrained_cfg.interpolation", expected: "'bicubic' or 'bilinear'",
          found: "'random'")
      ),
      (
        #""num_classes":7,"num_features""#, #""num_classes":8,"num_features""#,
        .contradiction(quantity: "num_classes", configuration: "8", tensors: "7")
      ),
      (#""class 0","#, "", .labelCount(classes: 7, labels: 6)),
      (
        #"{"architecture""#, #"["architecture""#,
        .malformedConfiguration(
          .unexpected(found: .byte(UInt8(ascii: ":")), expected: "',' or ']'"), byteOffset: 15)
      ),
    ] as [(String, String, ArchitectureError)])
  func refusesAConfiguration(
    _ old: String, _ new: String, with expected: ArchitectureError
  ) throws {
    var archive = try ArchiveInMemory.golden("class-token")
    archive.configure(old, new)
    #expect(throws: expected) { try ModelImporter.model(from: archive) }
  }

  @Test func refusesTheConfigurationOfTransformers() throws {
    let archive = try ArchiveInMemory.golden("class-token")
    #expect(throws: ArchitectureError.foreignConfiguration(library: "transformers")) {
      try ModelImporter.model(
        from: archive,
        configurationText: #"{"model_type": "vit", "architectures": ["ViTModel"]}"#)
    }
  }

  @Test func asksForANameThatItNeeds() throws {
    var archive = try ArchiveInMemory.golden("class-token")
    archive.metadata = [:]
    #expect(throws: ArchitectureError.ambiguousArchitecture(candidates: [])) {
      try ModelImporter.model(from: archive)
    }
    #expect(
      throws: ArchitectureError.unsupportedArchitecture("swinv2_tiny_window8_256", family: "SwinV2")
    ) {
      try ModelImporter.model(from: archive, architecture: "swinv2_tiny_window8_256.ms_in1k")
    }
    #expect(throws: ArchitectureError.unknownArchitecture("vit_new")) {
      try ModelImporter.model(from: archive, architecture: "vit_new")
    }
    #expect(
      throws: ArchitectureError.contradiction(
        quantity: "width of deit_tiny_patch16_224", configuration: "192", tensors: "32")
    ) {
      try ModelImporter.model(from: archive, architecture: "deit_t")
    }
    #expect(
      throws: ArchitectureError.contradiction(
        quantity: "family of swin_tiny_patch4_window7_224", configuration: "Swin", tensors: "ViT")
    ) {
      try ModelImporter.model(from: archive, architecture: "swin_t")
    }
  }

  @Test func refusesTwoNames() throws {
    let archive = try ArchiveInMemory.golden("class-token")
    #expect(
      throws: ArchitectureError.conflict(
        quantity: "architecture", given: "deit_tiny_patch16_224", found: "vit_tiny_patch16_224")
    ) {
      try ModelImporter.model(from: archive, architecture: "deit_tiny_patch16_224")
    }
  }

  @Test(
    arguments: [
      (
        .missingTensor("norm.bias", expected: [32]),
        "tensor 'norm.bias': missing: expected shape [32]"
      ),
      (
        .wrongShape(tensor: "head.weight", expected: [7, 32], found: [32, 7]),
        "tensor 'head.weight': wrong shape: expected [7, 32], found [32, 7]"
      ),
      (
        .wrongShape(tensor: "head.weight", expected: [0, 32], found: [32, 7]),
        "tensor 'head.weight': wrong shape: expected [any, 32], found [32, 7]"
      ),
      (
        .labelCount(classes: 7, labels: 2),
        "labels: expected 7, one for each class, found 2"
      ),
      (
        .indivisible(quantity: "width", value: 384, by: "num_heads", divisor: 7),
        "width: expected a multiple of num_heads (7), found 384"
      ),
    ] as [(ArchitectureError, String)])
  func saysWhatIsWrong(_ error: ArchitectureError, _ expected: String) {
    #expect(error.description == expected)
  }
}
