# What goes into the image, as mk/ sees it.
host_script := image
script := image_test.sh
