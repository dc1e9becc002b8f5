server := exec
sources := main.c load.c request.c file.c script.c image.c stack.c personality.c plan.c random.c
uses := elf rt
