"""Where the fluorescence volumes and movies that are published file by file come from."""

SOURCES = {
    "sbiad1196": [
        {
            "base": "https://www.ebi.ac.uk/biostudies/files/S-BIAD1196/SELMA3D_training_annotated/"
            "shannel_cells/",
            "files": {
                "raw/patchvolume_000_0000.nii.gz": (
                    "25e1e351872db53a22f2ff9196892e4cefcc44c3d0be98186c13d3c77f8e0397"
                ),
                "gt/patchvolume_000.nii.gz": (
                    "ad59e596aba5bb3562360fa824f9f23474facf2d80242c79edcc5cd8b71f5491"
                ),
                "raw/patchvolume_001_0000.nii.gz": (
                    "d12e43353982148b6726110ddef6331c0f057b964924accbd492c03ae2af09b7"
                ),
                "gt/patchvolume_001.nii.gz": (
                    "9669072ce2a4cad1a96b5393afc0f10c6f146f3452ebfe6c6e7adbe941ca4eaa"
                ),
                "raw/patchvolume_002_0000.nii.gz": (
                    "74915c737bb470052808e3cdbeb6303fb4c64e81f0a0b0e375057116a9b10590"
                ),
                "gt/patchvolume_002.nii.gz": (
                    "3cebf4f81169b3349971b06a673d2d948bc3dfc929379c9d6664cb35553d8a98"
                ),
                "raw/patchvolume_003_0000.nii.gz": (
                    "631a43a1f511f17ae2a2c92f2fb7841fd6f7eab683fcaf0ddaf530b7eb9a9501"
                ),
                "gt/patchvolume_003.nii.gz": (
                    "648b71876b83c2d65c8cc5f6ecbaf2176e39b400483ebe233d7d17c52d95fa53"
                ),
                "raw/patchvolume_004_0000.nii.gz": (
                    "f2043a0db9247d1a24349c499712223fc04050c54bbc2d09e4b854905faa5510"
                ),
                "gt/patchvolume_004.nii.gz": (
                    "3ad54ed31e99513916f1bdf931b8694e32b524c70791d1dfba8031bc279a1ffb"
                ),
                "raw/patchvolume_005_0000.nii.gz": (
                    "297e6e93418497a7f6af4814f08cd03741a21723a0e06ed7003db60ca59d8b9f"
                ),
                "gt/patchvolume_005.nii.gz": (
                    "09b860c25291b1a99f82d790cfa2b6296f50056e863ce8004e68d5c113dab666"
                ),
                "raw/patchvolume_006_0000.nii.gz": (
                    "b2ec6c7d6d3a6c4d6fc99237a04c2ceb392aaed7505e33387bb10f11f1dc031a"
                ),
                "gt/patchvolume_006.nii.gz": (
                    "839cd4b5a8ca6a54ba8c805fcfbaa03b3fa2e570d4136e497aa611275980d7e4"
                ),
                "raw/patchvolume_007_0000.nii.gz": (
                    "f5e6219cc27a07772d696eb8f2c235b8f5aea96a1e6d1874a1e1254b38c90017"
                ),
                "gt/patchvolume_007.nii.gz": (
                    "a067cc4587290745eb8964faadb8037e8a3b48ee0f471efc08ab11fbf9205ec8"
                ),
                "raw/patchvolume_008_0000.nii.gz": (
                    "09bf8dac83abfeb575f76feaf4fb252258e78d7631b4c9f51a55460cfdaf9529"
                ),
                "gt/patchvolume_008.nii.gz": (
                    "908bf1bce5ea16da4eb8275dd39cfbec03bbb330f1e0e3fd59fdb4fbdd16ebaf"
                ),
                "raw/patchvolume_009_0000.nii.gz": (
                    "7f28921b85cb7a69c3937c3acfe1a4c1fa4091bd8d1d80a0c223e0f1ab82240c"
                ),
                "gt/patchvolume_009.nii.gz": (
                    "2bb38e298870fd783b986e3bb953a648f07dbe50b55e242b2eb2e740984d66ca"
                ),
                "raw/patchvolume_010_0000.nii.gz": (
                    "acad1cdb850705d8263482c1a0c196f4ae801ddc6ef1a64e8f1b2132a93da486"
                ),
                "gt/patchvolume_010.nii.gz": (
                    "41f240844354753118398633278733d14ddbc04f74121f4cfe8f524761e7616f"
                ),
                "raw/patchvolume_011_0000.nii.gz": (
                    "acbb1c96da13958c892c9351aa0520988263640e3d247e961d93256bc2970f82"
                ),
                "gt/patchvolume_011.nii.gz": (
                    "3568b78e697997995123d270f3ae217659811949d3c79f9298acb2ac93c34522"
                ),
            },
        },
    ],
    "sbiad1410": [
        {
            "base": "https://www.ebi.ac.uk/biostudies/files/S-BIAD1410/cardioblast_nuclei/",
            "files": {
                "cardioblast_nuclei_train/cardioblast_nuclei_20200127_e1/"
                "cardioblast_nuclei_20200127_e1.tif": (
                    "eaedb22edcef7bfa5b8bb099ed13270b5c7f099178be6c3857341874c5582f8c"
                ),
                "cardioblast_nuclei_train/cardioblast_nuclei_20200127_e1/"
                "cardioblast_nuclei_20200127_e1_mask.tif": (
                    "2256bc19a75f7935732dd0ffab43602f5ba58167d828bc0d16c57325929c19a3"
                ),
                "cardioblast_nuclei_train/cardioblast_nuclei_20200131_e1/"
                "cardioblast_nuclei_20200131_e1.tif": (
                    "6efa5753a639ea02a627ba2d6fdbd36c13fc42b531881452305e2d769231a40b"
                ),
                "cardioblast_nuclei_train/cardioblast_nuclei_20200131_e1/"
                "cardioblast_nuclei_20200131_e1_mask.tif": (
                    "033db5065e39abbadd8d6accd83b330271fd8432fc2cbadeaf680a3bdf8a5f67"
                ),
                "cardioblast_nuclei_train/cardioblast_nuclei_20200206_e1/"
                "cardioblast_nuclei_20200206_e1.tif": (
                    "0f347dc898e89ba1f35abd21a7473759a55891db9f79e9062a521cf865677b1f"
                ),
                "cardioblast_nuclei_train/cardioblast_nuclei_20200206_e1/"
                "cardioblast_nuclei_20200206_e1_mask.tif": (
                    "2a7bed91aa3e38542731bd5854abcc2db593dfd1a0329781be52dac39ffd8ece"
                ),
                "cardioblast_nuclei_train/cardioblast_nuclei_20200206_e3/"
                "cardioblast_nuclei_20200206_e3.tif": (
                    "0334aff3adec20a8df53b5f628a2523b50d9eee5e8e83797eeb429be4b22d9b3"
                ),
                "cardioblast_nuclei_train/cardioblast_nuclei_20200206_e3/"
                "cardioblast_nuclei_20200206_e3_mask.tif": (
                    "6e133822ef6d1ce99b9f7ee66fac16edcb50ef01bd85971cbde3dd2fa6630cee"
                ),
                "cardioblast_nuclei_train/cardioblast_nuclei_20220811_e1/"
                "cardioblast_nuclei_20220811_e1.tif": (
                    "6efec42327f5cc81c83534b5762591a36841ca1f4c806ffc2d43abd7eb0b6f38"
                ),
                "cardioblast_nuclei_train/cardioblast_nuclei_20220811_e1/"
                "cardioblast_nuclei_20220811_e1_mask.tif": (
                    "1d95565d1d5a925a46e0e8b58055772ed22b8821e6bf5c9d3152e0eeec1764ed"
                ),
                "cardioblast_nuclei_train/cardioblast_nuclei_20220812_e1/"
                "cardioblast_nuclei_20220812_e1.tif": (
                    "452f228ac7e0889eb2ffa7c9a264d372af12f25bf51526380e1ff14300e6367a"
                ),
                "cardioblast_nuclei_train/cardioblast_nuclei_20220812_e1/"
                "cardioblast_nuclei_20220812_e1_mask.tif": (
                    "2224859e84a811210607759ef3c5c46efca07a6ab1f8948889f7e5c4cb0d4a6a"
                ),
                "cardioblast_nuclei_train/cardioblast_nuclei_20220826_e2/"
                "cardioblast_nuclei_20220826_e2.tif": (
                    "9d7d5e9572b147b47d4a502cc9d06defad67ceda7574b1283d9b77c7e52fbc99"
                ),
                "cardioblast_nuclei_train/cardioblast_nuclei_20220826_e2/"
                "cardioblast_nuclei_20220826_e2_mask.tif": (
                    "6dc737a7e0aab77fab1b0489e41fa8eea50ea95cb32866f02c2ad72ae7a78314"
                ),
                "cardioblast_nuclei_train/cardioblast_nuclei_20220828_e1/"
                "cardioblast_nuclei_20220828_e1.tif": (
                    "24d7e20ea7fd268064536f8bc2e3a28cc79a04276fa848e6e029940ef5fb1489"
                ),
                "cardioblast_nuclei_train/cardioblast_nuclei_20220828_e1/"
                "cardioblast_nuclei_20220828_e1_mask.tif": (
                    "b0f64623fd63ee1f9fdad05fef1bc171d7fed70a470cab68feb236fc0fbff636"
                ),
                "cardioblast_nuclei_train/cardioblast_nuclei_20220828_e2/"
                "cardioblast_nuclei_20220828_e2.tif": (
                    "55a46cbc76e1831c30cfde0e6454168e14c126246ec0cf00e96459e3925a67b3"
                ),
                "cardioblast_nuclei_train/cardioblast_nuclei_20220828_e2/"
                "cardioblast_nuclei_20220828_e2_mask.tif": (
                    "0182987832eba600b9bc2c31048de42d427575abdda8b35809062278f18bb27d"
                ),
                "cardioblast_nuclei_train/cardioblast_nuclei_20220828_e4/"
                "cardioblast_nuclei_20220828_e4.tif": (
                    "82c6cfde80efb1b8416fb8533dd94c73cea227274e8bb7fb3a610309ae7c0620"
                ),
                "cardioblast_nuclei_train/cardioblast_nuclei_20220828_e4/"
                "cardioblast_nuclei_20220828_e4_mask.tif": (
                    "0f0410ec34e3536beadc7403c98ab7786f87659e31f0739505d807a905ea3292"
                ),
                "cardioblast_nuclei_test/cardioblast_nuclei_20200121_e3/"
                "cardioblast_nuclei_20200121_e3.tif": (
                    "dcfd039fe12050c6c75b74fe315fc6cf1f7295fac24f32111e416bb0977f59e2"
                ),
                "cardioblast_nuclei_test/cardioblast_nuclei_20200121_e3/"
                "cardioblast_nuclei_20200121_e3_mask.tif": (
                    "a438457b17036de1677557d6c2d56454e36a5e950ca7d3c8e5e263f449962cd0"
                ),
                "cardioblast_nuclei_test/cardioblast_nuclei_20200219_e1/"
                "cardioblast_nuclei_20200219_e1.tif": (
                    "b4605fda7b11e091af1e431df81bb96b79e86cb63081e259822d429475f3e869"
                ),
                "cardioblast_nuclei_test/cardioblast_nuclei_20200219_e1/"
                "cardioblast_nuclei_20200219_e1_mask.tif": (
                    "a783b5f3c5b460a009f632875f8c1e456903acaf4c2f2531695e8bbd736f808e"
                ),
                "cardioblast_nuclei_test/cardioblast_nuclei_20220811_e2/"
                "cardioblast_nuclei_20220811_e2.tif": (
                    "a79ff0dcf65d5cf823d1a3f29ed7751f44e08a3545010054b5d95648b8174bd8"
                ),
                "cardioblast_nuclei_test/cardioblast_nuclei_20220811_e2/"
                "cardioblast_nuclei_20220811_e2_mask.tif": (
                    "5b6dcdfbc90a0955c129706c3e8defb8003ff6bc17139b03a74a2f81945742c0"
                ),
                "cardioblast_nuclei_test/cardioblast_nuclei_20220825_e1/"
                "cardioblast_nuclei_20220825_e1.tif": (
                    "1608f2441090c2f5366e0afbdc980e1c2576444dfbb10bc7b1c9d5ba00fedbb0"
                ),
                "cardioblast_nuclei_test/cardioblast_nuclei_20220825_e1/"
                "cardioblast_nuclei_20220825_e1_mask.tif": (
                    "ffcbe838b2887bc8ac02ce0380b768febfcc65e5709abf7b6522481197e5f67f"
                ),
                "cardioblast_nuclei_test/cardioblast_nuclei_20220828_e3/"
                "cardioblast_nuclei_20220828_e3.tif": (
                    "5e8f05ff702a4552495989a20df066322074f571c97797f525e7d8a85e2f5862"
                ),
                "cardioblast_nuclei_test/cardioblast_nuclei_20220828_e3/"
                "cardioblast_nuclei_20220828_e3_mask.tif": (
                    "bee487d987577f93c7061d884d0fc832bba90854f348b0734208ec631f30b06d"
                ),
            },
        },
    ],
}
