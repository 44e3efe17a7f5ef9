import VitqImage
import VitqOps

extension ArchitectureCatalog {
  /// Printed by `fixtures/make/architecture_catalog.py` from timm 1.0.31.
  package static let all: [ArchitectureEntry] = [
    .init(
      "deit3_base_patch16_224", .init(768, 12, 12), patch: 16, input: 224, .imageNet, crop: 0.9),
    .init(
      "deit3_base_patch16_384", .init(768, 12, 12), patch: 16, input: 384, .imageNet, crop: 1),
    .init(
      "deit3_huge_patch14_224", .init(1280, 32, 16), patch: 14, input: 224, .imageNet, crop: 0.9),
    .init(
      "deit3_large_patch16_224", .init(1024, 24, 16), patch: 16, input: 224, .imageNet, crop: 0.9),
    .init(
      "deit3_large_patch16_384", .init(1024, 24, 16), patch: 16, input: 384, .imageNet, crop: 1),
    .init(
      "deit3_medium_patch16_224", .init(512, 12, 8), patch: 16, input: 224, .imageNet, crop: 0.9),
    .init(
      "deit3_small_patch16_224", .init(384, 12, 6), patch: 16, input: 224, .imageNet, crop: 0.9),
    .init(
      "deit3_small_patch16_384", .init(384, 12, 6), patch: 16, input: 384, .imageNet, crop: 1),
    .init(
      "deit_base_distilled_patch16_224", .init(768, 12, 12), patch: 16, input: 224, .imageNet,
      crop: 0.9),
    .init(
      "deit_base_distilled_patch16_384", .init(768, 12, 12), patch: 16, input: 384, .imageNet,
      crop: 1),
    .init(
      "deit_base_patch16_224", .init(768, 12, 12), patch: 16, input: 224, .imageNet, crop: 0.9),
    .init(
      "deit_base_patch16_384", .init(768, 12, 12), patch: 16, input: 384, .imageNet, crop: 1),
    .init(
      "deit_small_distilled_patch16_224", .init(384, 12, 6), patch: 16, input: 224, .imageNet,
      crop: 0.9),
    .init(
      "deit_small_patch16_224", .init(384, 12, 6), patch: 16, input: 224, .imageNet, crop: 0.9),
    .init(
      "deit_tiny_distilled_patch16_224", .init(192, 12, 3), patch: 16, input: 224, .imageNet,
      crop: 0.9),
    .init(
      "deit_tiny_patch16_224", .init(192, 12, 3), patch: 16, input: 224, .imageNet, crop: 0.9),
    .init(
      "eva_large_patch14_196", .init(1024, 24, 16), patch: 14, input: 196, .clip, crop: 1,
      pooling: .average),
    .init(
      "flexivit_base", .init(768, 12, 12), patch: 16, input: 240, .half, crop: 0.95),
    .init(
      "flexivit_large", .init(1024, 24, 16), patch: 16, input: 240, .half, crop: 0.95),
    .init(
      "flexivit_small", .init(384, 12, 6), patch: 16, input: 240, .half, crop: 0.95),
    .init(
      "swin_base_patch4_window12_384", swin: .init(128, [2, 2, 18, 2], [4, 8, 16, 32]),
      windows: [12, 12, 12, 12],
      patch: 4, input: 384, .imageNet, crop: 1),
    .init(
      "swin_base_patch4_window7_224", swin: .init(128, [2, 2, 18, 2], [4, 8, 16, 32]),
      windows: [7, 7, 7, 7],
      patch: 4, input: 224, .imageNet, crop: 0.9),
    .init(
      "swin_large_patch4_window12_384", swin: .init(192, [2, 2, 18, 2], [6, 12, 24, 48]),
      windows: [12, 12, 12, 12],
      patch: 4, input: 384, .imageNet, crop: 1),
    .init(
      "swin_large_patch4_window7_224", swin: .init(192, [2, 2, 18, 2], [6, 12, 24, 48]),
      windows: [7, 7, 7, 7],
      patch: 4, input: 224, .imageNet, crop: 0.9),
    .init(
      "swin_s3_base_224", swin: .init(96, [2, 2, 30, 2], [3, 6, 12, 24]), windows: [7, 7, 14, 7],
      patch: 4, input: 224, .imageNet, crop: 0.9),
    .init(
      "swin_s3_small_224", swin: .init(96, [2, 2, 18, 2], [3, 6, 12, 24]),
      windows: [14, 14, 14, 7],
      patch: 4, input: 224, .imageNet, crop: 0.9),
    .init(
      "swin_s3_tiny_224", swin: .init(96, [2, 2, 6, 2], [3, 6, 12, 24]), windows: [7, 7, 14, 7],
      patch: 4, input: 224, .imageNet, crop: 0.9),
    .init(
      "swin_small_patch4_window7_224", swin: .init(96, [2, 2, 18, 2], [3, 6, 12, 24]),
      windows: [7, 7, 7, 7],
      patch: 4, input: 224, .imageNet, crop: 0.9),
    .init(
      "swin_tiny_patch4_window7_224", swin: .init(96, [2, 2, 6, 2], [3, 6, 12, 24]),
      windows: [7, 7, 7, 7],
      patch: 4, input: 224, .imageNet, crop: 0.9),
    .init(
      "test_vit", .init(64, 6, 2), patch: 16, input: 160, .half, crop: 0.95),
    .init(
      "test_vit2", .init(64, 8, 2), patch: 16, input: 160, .half, crop: 0.95, pooling: .average),
    .init(
      "test_vit4", .init(96, 9, 3), patch: 16, input: 160, .half, crop: 0.95, pooling: .average),
    .init(
      "vit_base_patch14_dinov2", .init(768, 12, 12), patch: 14, input: 518, .imageNet, crop: 1),
    .init(
      "vit_base_patch14_reg1_tipsv2", .init(768, 12, 12), patch: 14, input: 448, .identity, crop: 1),
    .init(
      "vit_base_patch14_reg4_dinov2", .init(768, 12, 12), patch: 14, input: 518, .imageNet, crop: 1),
    .init(
      "vit_base_patch16_224", .init(768, 12, 12), patch: 16, input: 224, .half, crop: 0.9),
    .init(
      "vit_base_patch16_224_miil", .init(768, 12, 12), patch: 16, input: 224, .identity,
      crop: 0.875, interpolation: .bilinear),
    .init(
      "vit_base_patch16_384", .init(768, 12, 12), patch: 16, input: 384, .half, crop: 1),
    .init(
      "vit_base_patch16_clip_224", .init(768, 12, 12), patch: 16, input: 224, .clip, crop: 0.95,
      epsilon: 1e-5),
    .init(
      "vit_base_patch16_gap_224", .init(768, 12, 16), patch: 16, input: 224, .half, crop: 0.9,
      pooling: .average),
    .init(
      "vit_base_patch16_plus_240", .init(896, 12, 14), patch: 16, input: 240, .half, crop: 0.95),
    .init(
      "vit_base_patch16_plus_clip_240", .init(896, 12, 14), patch: 16, input: 240, .clip, crop: 1,
      epsilon: 1e-5),
    .init(
      "vit_base_patch16_reg4_gap_256", .init(768, 12, 12), patch: 16, input: 256, .half, crop: 0.9,
      pooling: .average),
    .init(
      "vit_base_patch16_siglip_gap_224", .init(768, 12, 12), patch: 16, input: 224, .half,
      crop: 0.9, pooling: .average),
    .init(
      "vit_base_patch16_siglip_gap_256", .init(768, 12, 12), patch: 16, input: 256, .half,
      crop: 0.9, pooling: .average),
    .init(
      "vit_base_patch16_siglip_gap_384", .init(768, 12, 12), patch: 16, input: 384, .half,
      crop: 0.9, pooling: .average),
    .init(
      "vit_base_patch16_siglip_gap_512", .init(768, 12, 12), patch: 16, input: 512, .half,
      crop: 0.9, pooling: .average),
    .init(
      "vit_base_patch32_224", .init(768, 12, 12), patch: 32, input: 224, .half, crop: 0.9),
    .init(
      "vit_base_patch32_384", .init(768, 12, 12), patch: 32, input: 384, .half, crop: 1),
    .init(
      "vit_base_patch32_clip_224", .init(768, 12, 12), patch: 32, input: 224, .clip, crop: 0.9,
      epsilon: 1e-5),
    .init(
      "vit_base_patch32_clip_256", .init(768, 12, 12), patch: 32, input: 256, .clip, crop: 1,
      epsilon: 1e-5),
    .init(
      "vit_base_patch32_clip_384", .init(768, 12, 12), patch: 32, input: 384, .clip, crop: 1,
      epsilon: 1e-5),
    .init(
      "vit_base_patch32_clip_448", .init(768, 12, 12), patch: 32, input: 448, .clip, crop: 1,
      epsilon: 1e-5),
    .init(
      "vit_base_patch32_plus_256", .init(896, 12, 14), patch: 32, input: 256, .half, crop: 0.95),
    .init(
      "vit_base_patch32_siglip_gap_256", .init(768, 12, 12), patch: 32, input: 256, .half,
      crop: 0.9, activation: .tanh, pooling: .average),
    .init(
      "vit_base_patch8_224", .init(768, 12, 12), patch: 8, input: 224, .half, crop: 0.9),
    .init(
      "vit_betwixt_patch16_gap_256", .init(640, 12, 10), patch: 16, input: 256, .half, crop: 0.95,
      pooling: .average),
    .init(
      "vit_betwixt_patch16_reg1_gap_256", .init(640, 12, 10), patch: 16, input: 256, .half,
      crop: 0.95, pooling: .average),
    .init(
      "vit_betwixt_patch16_reg4_gap_256", .init(640, 12, 10), patch: 16, input: 256, .half,
      crop: 0.95, pooling: .average),
    .init(
      "vit_betwixt_patch16_reg4_gap_384", .init(640, 12, 10), patch: 16, input: 384, .half, crop: 1,
      pooling: .average),
    .init(
      "vit_betwixt_patch32_clip_224", .init(640, 12, 10), patch: 32, input: 224, .clip, crop: 0.9,
      epsilon: 1e-5),
    .init(
      "vit_giant_patch14_224", .init(1408, 40, 16), patch: 14, input: 224, .half, crop: 0.9),
    .init(
      "vit_giant_patch14_clip_224", .init(1408, 40, 16), patch: 14, input: 224, .clip, crop: 1,
      epsilon: 1e-5),
    .init(
      "vit_giant_patch16_gap_224", .init(1408, 40, 16), patch: 16, input: 224, .imageNet, crop: 0.9,
      pooling: .average),
    .init(
      "vit_giantopt_patch16_siglip_gap_256", .init(1536, 40, 16), patch: 16, input: 256, .half,
      crop: 0.9, activation: .tanh, pooling: .average),
    .init(
      "vit_giantopt_patch16_siglip_gap_384", .init(1536, 40, 16), patch: 16, input: 384, .half,
      crop: 0.9, activation: .tanh, pooling: .average),
    .init(
      "vit_gigantic_patch14_224", .init(1664, 48, 16), patch: 14, input: 224, .half, crop: 0.9),
    .init(
      "vit_gigantic_patch14_clip_224", .init(1664, 48, 16), patch: 14, input: 224, .clip, crop: 1,
      epsilon: 1e-5),
    .init(
      "vit_huge_patch14_224", .init(1280, 32, 16), patch: 14, input: 224, .half, crop: 0.9),
    .init(
      "vit_huge_patch14_clip_224", .init(1280, 32, 16), patch: 14, input: 224, .clip, crop: 1,
      epsilon: 1e-5),
    .init(
      "vit_huge_patch14_clip_378", .init(1280, 32, 16), patch: 14, input: 378, .clip, crop: 1,
      epsilon: 1e-5),
    .init(
      "vit_huge_patch14_gap_224", .init(1280, 32, 16), patch: 14, input: 224, .imageNet, crop: 0.9,
      pooling: .average),
    .init(
      "vit_huge_patch16_gap_448", .init(1280, 32, 16), patch: 16, input: 448, .imageNet, crop: 1,
      pooling: .average),
    .init(
      "vit_large_patch14_224", .init(1024, 24, 16), patch: 14, input: 224, .half, crop: 0.9),
    .init(
      "vit_large_patch14_clip_224", .init(1024, 24, 16), patch: 14, input: 224, .half, crop: 1,
      epsilon: 1e-5),
    .init(
      "vit_large_patch14_dinov2", .init(1024, 24, 16), patch: 14, input: 518, .imageNet, crop: 1),
    .init(
      "vit_large_patch14_reg1_tipsv2", .init(1024, 24, 16), patch: 14, input: 448, .identity,
      crop: 1),
    .init(
      "vit_large_patch14_reg4_dinov2", .init(1024, 24, 16), patch: 14, input: 518, .imageNet,
      crop: 1),
    .init(
      "vit_large_patch16_224", .init(1024, 24, 16), patch: 16, input: 224, .half, crop: 0.9),
    .init(
      "vit_large_patch16_384", .init(1024, 24, 16), patch: 16, input: 384, .half, crop: 1),
    .init(
      "vit_large_patch16_siglip_gap_256", .init(1024, 24, 16), patch: 16, input: 256, .half,
      crop: 0.9, pooling: .average),
    .init(
      "vit_large_patch16_siglip_gap_384", .init(1024, 24, 16), patch: 16, input: 384, .half,
      crop: 0.9, pooling: .average),
    .init(
      "vit_large_patch16_siglip_gap_512", .init(1024, 24, 16), patch: 16, input: 512, .half,
      crop: 0.9, activation: .tanh, pooling: .average),
    .init(
      "vit_large_patch32_224", .init(1024, 24, 16), patch: 32, input: 224, .half, crop: 0.9),
    .init(
      "vit_large_patch32_384", .init(1024, 24, 16), patch: 32, input: 384, .half, crop: 1),
    .init(
      "vit_little_patch16_reg1_gap_256", .init(320, 14, 5), patch: 16, input: 256, .half,
      crop: 0.95, pooling: .average),
    .init(
      "vit_little_patch16_reg4_gap_256", .init(320, 14, 5), patch: 16, input: 256, .half,
      crop: 0.95, pooling: .average),
    .init(
      "vit_medium_patch16_clip_224", .init(512, 12, 8), patch: 16, input: 224, .clip, crop: 0.9,
      epsilon: 1e-5),
    .init(
      "vit_medium_patch16_gap_240", .init(512, 12, 8), patch: 16, input: 240, .half, crop: 0.95,
      pooling: .average),
    .init(
      "vit_medium_patch16_gap_256", .init(512, 12, 8), patch: 16, input: 256, .half, crop: 0.95,
      pooling: .average),
    .init(
      "vit_medium_patch16_reg1_gap_256", .init(512, 12, 8), patch: 16, input: 256, .half,
      crop: 0.95, pooling: .average),
    .init(
      "vit_medium_patch16_reg4_gap_256", .init(512, 12, 8), patch: 16, input: 256, .half,
      crop: 0.95, pooling: .average),
    .init(
      "vit_medium_patch32_clip_224", .init(512, 12, 8), patch: 32, input: 224, .clip, crop: 0.9,
      epsilon: 1e-5),
    .init(
      "vit_mediumd_patch16_reg4_gap_256", .init(512, 20, 8), patch: 16, input: 256, .half,
      crop: 0.95, pooling: .average),
    .init(
      "vit_mediumd_patch16_reg4_gap_384", .init(512, 20, 8), patch: 16, input: 384, .half, crop: 1,
      pooling: .average),
    .init(
      "vit_small_patch14_dinov2", .init(384, 12, 6), patch: 14, input: 518, .imageNet, crop: 1),
    .init(
      "vit_small_patch14_reg4_dinov2", .init(384, 12, 6), patch: 14, input: 518, .imageNet, crop: 1),
    .init(
      "vit_small_patch16_224", .init(384, 12, 6), patch: 16, input: 224, .half, crop: 0.9),
    .init(
      "vit_small_patch16_36x1_224", .init(384, 36, 6), patch: 16, input: 224, .half, crop: 0.9),
    .init(
      "vit_small_patch16_384", .init(384, 12, 6), patch: 16, input: 384, .half, crop: 1),
    .init(
      "vit_small_patch32_224", .init(384, 12, 6), patch: 32, input: 224, .half, crop: 0.9),
    .init(
      "vit_small_patch32_384", .init(384, 12, 6), patch: 32, input: 384, .half, crop: 1),
    .init(
      "vit_small_patch8_224", .init(384, 12, 6), patch: 8, input: 224, .imageNet, crop: 0.9),
    .init(
      "vit_so150m2_patch16_reg1_gap_256", .init(832, 21, 13), patch: 16, input: 256, .half, crop: 1,
      pooling: .average),
    .init(
      "vit_so150m2_patch16_reg1_gap_384", .init(832, 21, 13), patch: 16, input: 384, .half, crop: 1,
      pooling: .average),
    .init(
      "vit_so150m_patch16_reg4_gap_256", .init(896, 18, 14), patch: 16, input: 256, .half,
      crop: 0.95, pooling: .average),
    .init(
      "vit_so150m_patch16_reg4_gap_384", .init(896, 18, 14), patch: 16, input: 384, .half, crop: 1,
      pooling: .average),
    .init(
      "vit_so400m_patch14_reg1_tipsv2", .init(1152, 27, 16), patch: 14, input: 448, .identity,
      crop: 1),
    .init(
      "vit_so400m_patch14_siglip_gap_224", .init(1152, 27, 16), patch: 14, input: 224, .half,
      crop: 0.9, pooling: .average),
    .init(
      "vit_so400m_patch14_siglip_gap_378", .init(1152, 27, 16), patch: 14, input: 378, .half,
      crop: 0.9, pooling: .average),
    .init(
      "vit_so400m_patch14_siglip_gap_448", .init(1152, 27, 16), patch: 14, input: 448, .half,
      crop: 1, pooling: .average),
    .init(
      "vit_so400m_patch14_siglip_gap_896", .init(1152, 27, 16), patch: 14, input: 896, .half,
      crop: 1, pooling: .average),
    .init(
      "vit_so400m_patch16_siglip_gap_256", .init(1152, 27, 16), patch: 16, input: 256, .half,
      crop: 0.9, activation: .tanh, pooling: .average),
    .init(
      "vit_so400m_patch16_siglip_gap_384", .init(1152, 27, 16), patch: 16, input: 384, .half,
      crop: 0.9, activation: .tanh, pooling: .average),
    .init(
      "vit_so400m_patch16_siglip_gap_512", .init(1152, 27, 16), patch: 16, input: 512, .half,
      crop: 0.9, activation: .tanh, pooling: .average),
    .init(
      "vit_tiny_patch16_224", .init(192, 12, 3), patch: 16, input: 224, .half, crop: 0.9),
    .init(
      "vit_tiny_patch16_384", .init(192, 12, 3), patch: 16, input: 384, .half, crop: 1),
    .init(
      "vit_wee_patch16_reg1_gap_256", .init(256, 14, 4), patch: 16, input: 256, .half, crop: 0.95,
      pooling: .average),
    .init(
      "vit_xsmall_patch16_clip_224", .init(256, 10, 4), patch: 16, input: 224, .clip, crop: 0.9,
      epsilon: 1e-5),
  ]
}
